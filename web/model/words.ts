/** Every word of the page, in one table. What core says itself is English too. */

const WORDS = {
  chat: "Chat",
  welcome: "A chat that keeps its promises",
  name: "Your name",
  room: "Room",
  enter: "Enter",
  entering: "Entering…",
  skip: "Skip to the message box",
  rooms: "Rooms",
  directs: "Direct messages",
  joinRoom: "Room to join",
  join: "Join",
  members: "Members",
  memberCount: "{0} here",
  moreMembers: "and {0} more: /who lists them",
  messages: "Messages in {0}",
  directMessages: "Messages with {0}",
  waiting: "Waiting to be sent",
  send: "Send",
  message: "Message to {0}",
  composerHelp:
    "Enter sends, Shift+Enter begins a line, Tab completes names and commands, Shift+Tab leaves, / begins a command, ↑ goes to the messages",
  search: "Search",
  searchFor: "Search your rooms",
  found: "Found",
  nothingFound: "Nothing found",
  foundMore: "There is more: search with more words",
  foundIncomplete: "Some messages may be missing: the server is still indexing its log",
  inContext: "Show in context",
  back: "Back to where you were",
  close: "Close",
  leaveRoom: "Leave",
  account: "Account",
  register: "Register this name",
  changePassword: "Change password",
  sessions: "Where you are connected",
  signOut: "Sign out",
  help: "Help",
  announce: "Read new messages aloud (screen reader)",
  notify: "Notify me of mentions and direct messages",
  notifyBlocked: "The browser blocks notifications for this page",
  mute: "Mute",
  unmute: "Unmute",
  ignore: "Ignore",
  unignore: "Show again",
  latest: "Jump to the latest",
  newBelow: "{0} new ↓",
  newMessages: "New messages",
  firstUnread: "First unread ↑",
  beginning: "This is the beginning of {0}",
  loading: "Loading earlier messages…",
  you: "you",
  waits: "waiting",
  kept: "kept",
  refused: "Not sent: {0}",
  sendAgain: "Send again",
  discard: "Discard",
  showAll: "Show all of it",
  says: "{0}: {1}",
  directSays: "Direct from {0}: {1}",
  andMore: "and {0} more",
  joined: "{0} has joined the room.",
  left: "{0} has left the room.",
  renamed: "{0} is now {1}.",
  topicSet: "{0} has set the topic: {1}",
  topicCleared: "{0} has cleared the topic.",
  unread: "{0} unread",
  mentions: "{0} with your name",
  nothingUnread: "Nothing is unread",
  thisDevice: "this one",
  connected: "connected since {0}",
  away: "away since {0}",
  from: "from {0}",
  end: "End",
  nobodyBanned: "Nobody is banned or muted",
  nothingDone: "Nothing was done here lately",
  connecting: "Connecting…",
  signingIn: "The server wants a password",
  offline: "Offline since {0}. What you write is kept and goes out later.",
  retryIn: "Trying again in {0} s",
  retry: "Try now",
  held: "The server takes only so much at a time: {0} s",
  plain: "Others on the way can read along: this page came without encryption",
  otherTab: "{0} chats in another tab of this browser.",
  goOnHere: "Go on here",
  elsewhere: "This chat goes on in another tab or window.",
  ended: "The chat has ended.",
  again: "Connect again",
  otherName: "Use another name",
  askNotify: "{0} wrote while you were away. Be notified next time?",
  yes: "Notify me",
  no: "No",
  tooLong: "{0} characters too many",
  cancel: "Cancel",
  ok: "OK",
  openRooms: "Rooms, {0} unread",
  noStore: "Messages that are not sent yet are lost when this tab closes: {0}",
  notInRoom: "You are in no room: join one at the side",
};

/** A word's name. */
export type Word = keyof typeof WORDS;

/** The text of a word, with its places filled. */
export function words(word: Word, ...values: (string | number)[]): string {
  return WORDS[word].replace(/\{(\d)\}/g, (_, place) => `${values[Number(place)]}`);
}

/** The parts of a word around its places, in order, with the values between them. */
export function wordParts<Value>(word: Word, ...values: Value[]): (string | Value)[] {
  return WORDS[word].split(/(\{\d\})/).filter((part) => part !== "")
    .map((part) => /^\{\d\}$/.test(part) ? values[Number(part[1])] ?? "" : part);
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

/** The time of day, the exact time, and the day, in the person's language and time zone. */
export const clock = (at: number) => format(CLOCK, at);
export const exactly = (at: number) => format(EXACT, at);
export const dayOf = (at: number) => format(DAY, at);

/** A hostile server's time may be no time at all. */
function format(formatter: Intl.DateTimeFormat, at: number): string {
  return Math.abs(at) <= 8.64e15 ? formatter.format(at) : "?";
}
