/** Commands about who may what in the current room. */

import { type Ban, type Events, fold, LIMITS, type MessagePayload } from "../../protocol/mod.ts";
import { type Effect, notice, problem, show } from "./items.ts";
import { type OrderName, orderOf, type OrderRule, ORDERS } from "../rights/orders.ts";
import { splitName } from "./people.ts";
import { refusal } from "./refusals.ts";
import type { ChatState } from "./state.ts";

/** Acts that `/log` shows if it is not told how many. */
const USUAL_ACTS = 20;

/** Messages that `/log` looks through: four requests. `chat-client log` looks through all. */
const LOG_REACH = 2_000;

/** The command that gives the order `name` in the current room. */
export function ordering(name: OrderName) {
  return (state: ChatState, argument: string): Effect[] => {
    const room = state.activeRoom?.name;
    if (room === undefined) return [problem("You are in no room")];
    const words = ORDERS[name].isAboutName
      ? splitName(state, argument)
      : { name: "", text: argument };
    const order = orderOf(name, room, words);
    if ("problem" in order) return [problem(`Cannot do /${name}: ${order.problem}`)];
    return [state.ask(order, {
      answer: (event) => {
        if (event.type === "invite") return [invited(state, event.payload)];
        return event.type === "message" ? undoHint(name, event.payload) : [];
      },
      refused: (error) => [problem(refusal(error))],
    })];
  };
}

function invited({ inviteLink }: ChatState, invite: Events["invite"]): Effect {
  return show({ kind: "invitation", invite, link: inviteLink?.(invite.room, invite.code) });
}

function undoHint(order: OrderName, { act }: MessagePayload): Effect[] {
  const { undo }: OrderRule = ORDERS[order];
  return undo === undefined || act?.name === undefined ? [] : [notice(undo(act.name))];
}

/** Shows how a room is run; without a name, the current one. */
export function about(state: ChatState, argument: string): Effect[] {
  const room = argument === "" ? state.activeRoom?.name : argument;
  if (room === undefined) return [problem("You are in no room")];
  return [state.ask({ type: "room", payload: { room } }, {
    answer: (event) => event.type === "room" ? [show({ kind: "about", room: event.payload })] : [],
    refused: (error) => [problem(refusal(error))],
  })];
}

/** Lists the bans and mutes of the current room, page after page. */
export function bans(state: ChatState): Effect[] {
  const room = state.activeRoom?.name;
  return room === undefined ? [problem("You are in no room")] : [pageOfBans(state, room, [])];
}

function pageOfBans(state: ChatState, room: string, known: Ban[]): Effect {
  const after = known.at(-1)?.name;
  const payload = after === undefined ? { room } : { room, after };
  return state.ask({ type: "bans", payload }, {
    answer: (event) => {
      if (event.type !== "bans") return [];
      const all = [...known, ...event.payload.bans];
      // An empty page would be asked for again without end.
      const more = event.payload.more && event.payload.bans.length > 0;
      if (more) return [pageOfBans(state, room, all)];
      for (const { name } of all) state.banned.set(fold(name), name);
      return [show({ kind: "bans", room, bans: all })];
    },
    refused: (error) => [problem(refusal(error))],
  });
}

/** Shows the last acts of the current room, as many as `argument` says. */
export function log(state: ChatState, argument: string): Effect[] {
  const room = state.activeRoom?.name;
  if (room === undefined) return [problem("You are in no room")];
  const wanted = argument === "" ? USUAL_ACTS : Number(argument);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 500) {
    return [problem("Write /log N, with N from 1 to 500")];
  }
  return [pageOfLog(state, { room, wanted, left: LOG_REACH, acts: [] })];
}

/** How far `/log` has come. */
interface LogSearch {
  readonly room: string;
  readonly wanted: number;
  /** Messages still to look through. */
  readonly left: number;
  /** The `seq` before which to look. */
  readonly before?: number;
  readonly acts: readonly MessagePayload[];
}

function pageOfLog(state: ChatState, search: LogSearch): Effect {
  const { room, wanted, left } = search;
  const before = search.before === undefined ? {} : { before: search.before };
  const limit = Math.min(left, LIMITS.history);
  return state.ask({ type: "history", payload: { room, limit, ...before } }, {
    answer: (event) => {
      if (event.type !== "history") return [];
      const { messages, more } = event.payload;
      const acts = [...messages.filter(({ kind }) => kind === "act"), ...search.acts];
      const [first] = messages;
      const rest = left - messages.length;
      if (more && first !== undefined && acts.length < wanted && rest > 0) {
        return [pageOfLog(state, { room, wanted, left: rest, before: first.seq, acts })];
      }
      return [show({ kind: "acts", room, acts: acts.slice(-wanted), isAll: !more })];
    },
    refused: (error) => [problem(refusal(error))],
  });
}
