/**
 * The wire of the chat, complete: whoever has read this can write a client in
 * any language. The names below are those of the code, so that the compiler
 * holds both to the same words.
 *
 * # Lines
 *
 * TCP, port 12345 unless told otherwise. UTF-8, one JSON object a line, ended by
 * `\n`; a `\r` before it is white space to JSON. Blank lines are ignored. Neither
 * side sends more than 65,536 bytes before a `\n`, nor arrays and objects that
 * stand in each other more than 4096 deep.
 *
 * An object also ends its line with its closing brace, so a client that sends
 * JSON without newlines is understood, however its bytes are cut into packets.
 * The server always ends a line with `\n`.
 *
 * Every line is `{"type": …, "payload": {…}}`. A request may carry `"id"`, a
 * string of 1 to 64 characters, beside them; its reply, or the error it
 * earned, carries it back. Unknown fields are ignored, `null` is as good as
 * leaving a field out, and a payload without fields may be left out.
 *
 * A connection whose first line that is not blank is no JSON object is answered
 * `not_json` or `not_object` and closed, and nothing after that line is read as a
 * request: a browser lets any page send lines of its own after an HTTP head.
 *
 * # TLS, and addresses
 *
 * The same lines may go over TLS (1.2 or 1.3), on a port of its own, 12346 unless
 * told otherwise. Who speaks no TLS there is sent the error `tls_required`, unencrypted.
 *
 * A place is written `chat://HOST[:PORT][/ROOM]` for plain TCP and
 * `chats://HOST[:PORT][/ROOM][#FINGERPRINT]` for TLS. An IPv6 address stands in
 * brackets. What a room's name has beyond letters, digits and `-._~` is
 * percent-encoded UTF-8.
 *
 * A server has a certificate for its host's name, of an authority that the client
 * knows; or it has one of its own making, under an authority of its own. The
 * *fingerprint* is the SHA-256 of that authority's certificate (DER), 64 hexadecimal
 * digits; colons and capitals make no difference. It stays when the certificate is
 * renewed. Every certificate of a server's own making is for the name
 * `chat-server.invalid`, and brings its authority's certificate along: in the chain,
 * and as a `data:application/pkix-cert;base64,` URL of its caIssuers (RFC 5280,
 * 4.2.2.1). A client that goes by the fingerprint takes the authority's certificate
 * from there, compares its fingerprint with the one that it knows or asks the
 * person, and then connects with that authority as its root and
 * `chat-server.invalid` as the name that it expects. That the fingerprint was right
 * proves nothing before that connection stands: anyone can show the certificate.
 *
 * # The four messages of the lecture
 *
 * ```
 * → {"type": "connect", "payload": {"name": "Alice", "room": "General"}}
 * ← {"type": "connect_ack", "payload": {"message": "Connected to the room."}}
 * → {"type": "message", "payload": {"sender": "Alice", "room": "General", "text": "Hello!"}}
 * ← {"type": "message", "payload": {"sender": "Alice", "room": "General", "text": "Hello!", "seq": 1, "at": 1767225600000}}
 * ← {"type": "notification", "payload": {"message": "Bob has joined the room.", "event": "joined", "room": "General", "name": "Bob"}}
 * ```
 *
 * - `connect` comes first. Its answer comes before anything else.
 * - A message goes to every member of its room, its sender included. `sender` is
 *   always the name that the session has, whatever the client wrote. `room` may
 *   be left out by a session that is in one room.
 * - The others in a room are told `Alice has joined the room.` and
 *   `Alice has left the room.`
 * - A client that connects without `version` is in the *lecture profile*: it is
 *   sent these types and no others. What a version 2 client learns by another
 *   type, it learns by a `notification` with the same text, or not at all.
 *   Payloads may carry more fields than the lecture's.
 *
 * # Version 2
 *
 * A client gets the rest by `"version": 2` in `connect`. A client that knows a
 * later version says that one and finds in `connect_ack` what it got.
 *
 * | request | payload | answer |
 * | --- | --- | --- |
 * | `connect` | `name`, `room?`, `version`, `session?`, `since?`, `direct_since?`, `password?` | `connect_ack` |
 * | `message` | `room?`, `text`, `ref?` | its own `message`, with `ref` and `id` |
 * | `direct` | `to`, `text`, `ref?` | its own `direct`, with `ref` and `id` |
 * | `join` | `room`, `since?` | its own `notification`, `event: "joined"`, with `seq` |
 * | `leave` | `room` | its own `notification`, `event: "left"` |
 * | `rename` | `name` | its own `notification`, `event: "renamed"`, with `new_name` |
 * | `topic` | `room`, `topic?` | `topic`; when set, `notification`, `event: "topic"` |
 * | `members` | `room`, `after?` | `members` `{room, members, total, more}` |
 * | `rooms` | `after?` | `rooms` `{rooms: [{room, members, topic}], more}` |
 * | `history` | `room`, `before?` or `after?`, `limit?` | `history` `{room, messages, more}` |
 * | `search` | `query`, `room?`, `from?`, `limit?` | `search` `{messages, more}` |
 * | `read` | `room`, `seq` | – |
 * | `unread` | – | `unread` `{rooms: [{room, seq, unread, mentions}]}` |
 * | `register` | `password` | its own `notification`, `event: "registered"` |
 * | `password` | `current`, `password` | its own `notification`, `event: "password_changed"` |
 * | `unregister` | `password` | its own `notification`, `event: "unregistered"` |
 * | `sessions` | – | `sessions` `{sessions: [{session, current, connected, since, address?}]}` |
 * | `end_session` | `session` | its own `notification`, `event: "session_ended"` |
 * | `ping` | `nonce?` | `pong` `{nonce?}` |
 * | `pong` | `nonce?` | – ; it answers the server's `ping` |
 * | `quit` | – | the server ends the session and closes the connection |
 *
 * `connect_ack`: `{message, name, registered, room?, version, session, resumed, server, limits, rooms, direct, ref}`.
 * `registered` says whether the name is. `rooms` holds, for every room that the session
 * is in, `{room, seq}` with the `seq` of its last message: what comes live is `seq + 1`.
 * `direct` is the same for the session's direct messages. `ref` is the highest that the
 * session has used, 0 in a new one: whatever the client says next goes above it.
 *
 * `message`: `{sender, room, text, seq, at, ref?}`. `seq` counts from 1 in each room
 * and leaves no gap; it is the one order that all members see, and history's. `at`
 * is epoch milliseconds. `ref` and `id` are on the sender's own copy alone. A sender
 * that sees its copy knows that the message is kept; until then nobody was sent it.
 *
 * `direct`: `{sender, to, text, seq, at, ref?}`, to the name's session and to the
 * sender. It is kept for a session that is away. `seq` counts from 1 in the
 * inbox of the one it is for; 0 when that is a lecture client, who has none.
 *
 * `notification`: `{message, event?, room?, name?, …}`. `message` is the text for a
 * person; `event` is `joined`, `left`, `renamed` (`name`, `new_name`), `topic`
 * (`name`, `topic`), `behind` (`behind`: how many messages follow), `caught_up`,
 * `dropped` (`room`, `seq`: what was said before that message is no longer kept),
 * `registered`, `password_changed`, `unregistered` (`name`), `session_ended`, `shutdown`,
 * or, in the lecture profile, `error` (`code`).
 *
 * `members` and `rooms` come in pages, in the order of folded names. While `more`
 * is true, ask again with `after` set to the last name that you got.
 *
 * `history` gives messages of a room that the session is in, oldest first: those
 * next above `after`, those next below `before`, or the last. `limit` is 50 unless
 * given and 500 at most; an answer that would not fit a line holds fewer. `more`
 * says that there are further ones in that direction.
 *
 * `search` gives messages of the session's rooms, newest first: those with all the
 * words of `query`, in any order, case and accents making no difference. `"two
 * words"` is a phrase, `begin*` a beginning, of which there may be three, `from` a
 * sender's name. A search that would keep the server busy for too long is refused.
 *
 * `read` says how far the person behind the name has read; the mark never goes
 * back. `unread` counts, in each room that the session is in, the messages of
 * others above the mark `seq`, and those among the last 1000 that name the name.
 *
 * `error`: `{code, message, retry_after?, ref?}`; {@linkcode ERROR_CODES} lists the codes.
 * An error refuses one request and changes nothing. The connection stays open, but
 * for the codes that say that it is closed.
 *
 * **Asking too fast.** A server takes so many requests a second of a connection, and
 * a burst of them; some count as several. What comes on top is answered by `error`
 * `rate_limited` with `retry_after`, whole milliseconds: until those have passed, all
 * requests but `pong` and `quit` are refused, so that of what was sent in one go
 * nothing passes out of its order. After that the refused ones may be sent again as
 * they were, in their order: they have not used their `ref`. Whoever goes on
 * regardless is read more slowly. Where `rate_limited` answers a new connection,
 * that is closed.
 *
 * **Order.** The answers of one connection come in the order of its requests, and
 * what a client asked to be sent again comes before the answer to its next
 * request. A `pong` therefore says that everything asked before it is done.
 *
 * **Reading slowly.** A connection that does not take what it is sent falls behind:
 * it is fed from the log as fast as it reads, is told so (`behind`, then
 * `caught_up`), and misses no message. Its next request, unless that is `join`,
 * `leave` or `quit`, waits until it was sent what there is by then. What is not in the log – who joined, left or took
 * another name, and direct messages to a lecture client – is not told to it
 * meanwhile.
 *
 * **Silence.** A version 2 connection on which nothing comes for the server's idle
 * timeout is sent a `ping`. Any line shows that it lives; without one it is
 * closed after as long again.
 *
 * # Sessions: nothing lost, nothing doubled
 *
 * A session is a connected identity: a name, the rooms it is in, its inbox, the
 * highest `ref` it has used. `connect_ack` issues its token as `session`, a secret
 * of 128 random bits. When the connection ends without `quit`, the session leaves
 * its rooms (the others are told) and keeps its name for two minutes; then the
 * name is free for others. The session itself is kept for 30 days unless the
 * server was told otherwise, across its restarts too.
 *
 * A `connect` with `session` takes the session up again, with its rooms and
 * without waiting for the old connection to be found dead: that one is told
 * `session_replaced` and closed. `resumed` in `connect_ack` says whether it worked;
 * when it is false the token was unknown and a new session was opened.
 *
 * `since` maps rooms to the last `seq` that the client has seen there. The session
 * is in those rooms too, and what was said after is sent again, in order, before
 * the room goes on live, with no gap and no double. A room that is full, or new where
 * the server has as many as it takes, is left out: `rooms` of `connect_ack` says
 * which the session is in. `direct_since` does the same for
 * direct messages; without it a session taken up again is sent those that came
 * since its last connection ended. A message of the client's own comes with its `ref`.
 *
 * `ref` is a positive integer that rises with every `message` and `direct` of a
 * session. To be sure of a message, send it again with the same `ref`, over a new
 * connection and however much later, until its own copy comes: a `ref` that was
 * used for the same content is answered with the original, to its sender only, and
 * nothing is said twice. That copy may have a `seq` that the client has seen, as may
 * the copy of a direct message to oneself. The content is the type, the text, and the
 * room or the name, compared as names are; a `room` that was left out is not compared.
 * A request that was refused has not used its `ref`. When `resumed` is false, no `ref`
 * of before means anything: whether those messages were said is to be seen in `history`.
 *
 * A client may have lost count: its state was restored from a backup, or two machines
 * share it. A `ref` that is not above the highest, and not that of the same content, is
 * refused by one of three codes, and nothing changes. Each comes with the session's
 * highest `ref`, as `connect_ack` does.
 *
 * - `ref_used`: another message has it. The client's own was not said: it says that
 *   again, under a `ref` above the highest.
 * - `stale_ref`: it was never used, but a higher one was. The same is to be done.
 * - `ref_expired`: messages of its time are no longer kept, so it may have been said. A
 *   client that says it again may double it; ask the person.
 *
 * ```
 * → {"type": "connect", "payload": {"name": "Alice", "version": 2, "session": "c2VjcmV0"}}
 * ← {"type": "connect_ack", "payload": {"message": "Connected.", "session": "c2VjcmV0", "resumed": true, "ref": 12}}
 * → {"type": "message", "id": "m", "payload": {"room": "General", "text": "Hello again!", "ref": 9}}
 * ← {"type": "error", "id": "m", "payload": {"code": "ref_used", "message": "ref 9 was used for another message; take one above the session's highest, 12", "ref": 12}}
 * → {"type": "message", "id": "n", "payload": {"room": "General", "text": "Hello again!", "ref": 13}}
 * ← {"type": "message", "id": "n", "payload": {"sender": "Alice", "room": "General", "text": "Hello again!", "seq": 40, "at": 1767225600000, "ref": 13}}
 * ```
 *
 * Two messages of the same content under one `ref` are one message, whoever wrote them.
 * So that two copies of a state do not give the same `ref` to what two people typed, a
 * client may leave gaps of random size: refs need only rise.
 *
 * The lecture's clients have no token. Their session ends with their connection,
 * and their `ref` is only given back.
 *
 * # Names that are registered
 *
 * `register` makes the session's name one that needs a password: 8 to 256 code points
 * after NFC. From then on nobody comes in under it without: `connect` is refused with
 * `password_required` or, whatever was wrong, `wrong_password`. That is said
 * too where the name is not registered at all, so that who mistypes a name does not come in as a
 * stranger. A session's token needs no password beside it. The lecture's clients
 * show theirs in the same field. A server may take registered names alone; `password_required` is
 * then said of all others.
 *
 * A registered name may be connected several times, up to 16: each of its *devices* has a
 * session of its own, with rooms, `ref` and inbox. In a room they are one member: it is listed
 * and counted once, joins with the first of them and leaves with the last. A direct
 * message reaches the inboxes of all of them, those that are away too; and what one of
 * them says directly comes into the inboxes of the others, with the `seq` that it has there. So a
 * session that gets a `direct` from its own name without a `ref` of its own was told what
 * another device said. With several inboxes, the `seq` on the sender's own copy is that of one.
 *
 * `password` changes the password, `unregister` makes the name anyone's again. Both end the name's
 * other sessions: those that are connected are told `session_ended` and closed. After a change
 * of password such a session's token is good again together with the new password, and nothing
 * of its inbox and its `ref` is lost; after `unregister` it is void.
 *
 * `sessions` lists the sessions of the name: `session` is a short id, not the token; `current`
 * marks the one that asks; `since` is epoch milliseconds, when it was connected or, if it is
 * not, when it went away; `address` is where a connected one is. `end_session` ends
 * one for good: its token is void. Of a name that is not registered there is one session.
 *
 * A password is taken over TLS and over loopback only; over any other link it is answered
 * by `insecure_link`, unread. After failures the server takes none for a while, from that
 * address or for that name, whether there is such a name or not: `rate_limited`
 * says for how long.
 *
 * Two names look alike when a reader may take one for the other: their skeletons after Unicode's
 * UTS #39 are the same, upper and lower case aside. They can't stand beside each other in one
 * room; nor may a name be used or registered that looks like a registered one: `lookalike_name`.
 *
 * # Names, rooms, texts
 *
 * A name or a room: 1 to 32 code points after NFC; no control, format, bidi,
 * line-separator, unassigned or invisible characters; no spaces but single inner
 * ones; not a combining mark first. Two are the same when their NFKC case folds
 * are. A text: 1 to 4096 code points of well-formed Unicode, newlines and all. A
 * topic: one line of at most 256. A `message` is words for a person, as long as a
 * line lets them be: a lecture client's hold a whole text, and who said it to whom.
 *
 * A text travels exactly as it was written. Whoever shows it on a terminal makes
 * it safe first: {@linkcode escapeForTerminal}.
 *
 * @module
 */

export { carriesPassword, decodeEvent, decodeRequest, encode, type Refused } from "./codec.ts";
export { type FramingProblem, LineFramer, type Read, readLines } from "./lines.ts";
export * from "./message.ts";
export { fold, type ParsedName, parseName } from "./names.ts";
export { escapeForTerminal, escapeLinesForTerminal, isLongerThan } from "./text.ts";
