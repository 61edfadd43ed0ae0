import { assertEquals } from "@std/assert";
import { PURE } from "../../../fixtures/pure.ts";
import { RoomRights } from "../../../../server/hub/state/room_rights.ts";
import type { RightsChange } from "../../../../server/log/rights.ts";

const VOICE: RightsChange = { kind: "role", account: 1, value: "voice" };
const OWNER: RightsChange = { kind: "role", account: 1, value: "owner" };
const NONE: RightsChange = { kind: "role", account: 1, value: undefined };
const OTHER: RightsChange = { kind: "role", account: 2, value: "member" };

Deno.test("changes that the log could not keep are taken back", PURE, () => {
  const rights = new RoomRights([VOICE]);
  rights.apply([OWNER, OTHER]);
  assertEquals([rights.roleOf(1), rights.roleOf(2)], ["owner", "member"]);
  rights.reject([OWNER, OTHER]);
  assertEquals([rights.roleOf(1), rights.roleOf(2)], ["voice", undefined]);
});

Deno.test(
  "a change that is taken back leaves one behind it, and one before it, as they are",
  PURE,
  () => {
    const rights = new RoomRights([VOICE]);
    rights.apply([NONE]);
    rights.apply([OWNER]);
    rights.reject([NONE]);
    assertEquals(rights.roleOf(1), "owner");
    rights.reject([OWNER]);
    assertEquals(rights.roleOf(1), "voice");
    rights.apply([NONE]);
    rights.apply([OWNER]);
    rights.settle([NONE]);
    assertEquals(rights.roleOf(1), "owner");
    rights.reject([OWNER]);
    assertEquals(rights.roleOf(1), undefined);
  },
);

Deno.test("slow mode counts from the last message, for each name by itself", PURE, () => {
  const rights = new RoomRights([
    { kind: "settings", value: { access: "open", slow: 5, topicBy: "all" } },
  ]);
  const [bob, eve] = ["bob", "eve"].map((fold) => ({ name: fold, fold, skeletons: [fold] }));
  rights.noteSpeech(bob!, 1000);
  assertEquals(rights.slowFor(bob!, 2000), 4000);
  assertEquals(rights.slowFor(eve!, 2000), 0);
  assertEquals(rights.slowFor(bob!, 6000), 0);
});
