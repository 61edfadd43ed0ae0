/// <reference lib="deno.worker" />
/** The worker of a {@linkcode FileReader}: reads the files that it is asked for. */

import { readFile } from "./files.ts";

self.onmessage = ({ data }: MessageEvent<string>) => self.postMessage(readFile(data));
