/// <reference lib="deno.worker" />
/**
 * The worker that reads an operator's certificate and key, at the start and at each reload:
 * a running server can open no file itself.
 */

import { readFile } from "../process/files.ts";

self.onmessage = ({ data }: MessageEvent<string>) => self.postMessage(readFile(data));
