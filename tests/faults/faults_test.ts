import { assertEquals } from "@std/assert";
import { FAULTS } from "./catalogue.ts";
import type { Line, Note } from "./notes.ts";
import { judge, type Wrong } from "./oracle.ts";
import { runFault } from "./run.ts";

for (const fault of FAULTS) {
  Deno.test(`nothing is lost, doubled or reordered by ${fault.name}`, async () => {
    // A different seed each time: a failure names it, and how to replay it.
    const seed = crypto.getRandomValues(new Uint32Array(1))[0] as number;
    const { skipped, failure, findings } = await runFault(fault, { seed, isShort: true });
    if (skipped !== undefined) console.log(`not run: ${skipped}`);
    assertEquals([failure, findings], [undefined, []]);
  });
}

/** A message of Ada's with `ref`, which history has as `seq`. */
function line(seq: number, ref: number, text = `Ada ${ref}`): Line {
  return { room: "Hall", sender: "Ada", text, seq, at: 1000 + seq, ref };
}

/** The same as other clients receive it. */
function others({ ref: _, ...rest }: Line): Line {
  return rest;
}

function said({ ref, text }: Line): Note {
  return { note: "said", target: { room: "Hall" }, text, ...(ref === undefined ? {} : { ref }) };
}

function shown(line: Line): Note {
  return { note: "shown", line };
}

const [one, two, three] = [line(1, 1), line(2, 2), line(3, 3)];
const saidAll = [one, two, three].map(said);

/** The findings of the oracle when Ada sends three messages and notes `ada`, Bob notes `bob`, and history has `kept`. */
function findings(ada: Note[], bob: Note[], kept: Line[] = [one, two, three]): Wrong[] {
  const witnesses = [{ name: "Ada", notes: [...saidAll, ...ada] }, { name: "Bob", notes: bob }];
  const verdict = judge(witnesses, new Map([["Hall", kept.map(others)]]));
  return verdict.findings.map(({ wrong }) => wrong);
}

const all = [one, two, three].map(shown);
const allOfOthers = [one, two, three].map(others).map(shown);

Deno.test("judge() finds nothing when views and history agree", () => {
  assertEquals(findings(all, allOfOthers), []);
  // Of the last one nobody heard: kept or not, nothing was promised.
  assertEquals(findings(all.slice(0, 2), allOfOthers.slice(0, 2), [one, two]), []);
  assertEquals(findings(all.slice(0, 2), allOfOthers.slice(0, 2)), []);
});

Deno.test("judge() finds what was acknowledged and is not in history", () => {
  assertEquals(findings(all, [], [one, two]), ["unkept", "lost"]);
  assertEquals(findings(all, [], [one, two, { ...three, text: "Ada 3?" }]), [
    "unkept",
    "unkept",
    "lost",
  ]);
});

Deno.test("judge() finds what a client was not shown, was shown twice, or late", () => {
  const [first, second, third] = allOfOthers as [Note, Note, Note];
  assertEquals(findings(all, [first, third]), ["lost"]);
  assertEquals(findings(all, [second, third]), ["lost"]);
  assertEquals(findings(all, [first, second, second, third]), ["doubled"]);
  assertEquals(findings(all, [first, third, second]), ["reordered"]);
});

Deno.test("judge() lets a view begin anywhere only in the lecture profile", () => {
  const [first, second, third] = allOfOthers as [Note, Note, Note];
  const again: Note = { note: "connected", anew: true };
  assertEquals(findings(all, [again, second, third]), []);
  assertEquals(findings(all, [again, first, again, third]), []);
  assertEquals(findings(all, [again, first, third]), ["lost"]);
  const resumed: Note = { note: "connected", anew: false };
  assertEquals(findings(all, [resumed, first, resumed, third]), ["lost"]);
});

Deno.test("judge() lets the answer to a retry repeat a message, once, to its sender", () => {
  const retry: Note = { note: "repeated", ref: 2 };
  const second = shown(two);
  assertEquals(findings([...all, retry, second], allOfOthers), []);
  assertEquals(findings([...all, second], allOfOthers), ["doubled"]);
  assertEquals(findings([...all, retry, second, second], allOfOthers), ["doubled"]);
  const again: Note = { note: "connected", anew: false };
  assertEquals(findings([...all, retry, again, second], allOfOthers), ["doubled"]);
});

Deno.test("judge() finds what is in history twice, out of order, or not at all meant to be", () => {
  assertEquals(findings([], [], [one, two, { ...two, seq: 3 }]), ["doubled"]);
  assertEquals(findings([], [], [one, line(2, 3), line(3, 2)]), ["reordered"]);
  assertEquals(findings([], [], [one, { ...two, seq: 3 }]), ["lost"]);
  assertEquals(findings([], [], [one, line(2, 4)]), ["unkept"]);
  const refused: Note = { note: "refused", ref: 2, text: two.text };
  assertEquals(findings([refused], [], [one, two]), ["unkept"]);
});
