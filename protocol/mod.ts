/**
 * The wire of the chat, complete: enough to write a client in any language.
 * Names in `code` are those of the program, so that both use the same words.
 *
 * A client that only talks and listens needs the first two sections and the four
 * messages of the lecture. One that must lose nothing also needs version 2 and
 * sessions.
 *
 * # Lines
 *
 * TCP, port 12345 by default. UTF-8, one JSON object per line, ended by `\n`; a `\r`
 * before it is white space to JSON. Blank lines are ignored. Neither
 * side sends more than 65,536 bytes before a `\n`, nor arrays and objects that
 * stand in each other more than 4096 deep.
 *
 * The closing brace of an object also ends its line, so a client that sends JSON
 * without newlines is understood, however its bytes are cut into packets. The
 * server always ends a line with `\n`.
 *
 * Every line is `{"type": …, "payload": {…}}`. A request (client → server) may carry
 * `"id"` beside them, a string of 1 to 64 characters; its reply, or the error that
 * answers it, carries the same `id`. Unknown fields are ignored, `null` means that
 * the field is left out, and a payload without fields may be left out.
 *
 * The first line of a connection that is not blank must be a JSON object. Otherwise
 * the connection is answered `not_json` or `not_object` and closed, and nothing after
 * that line is read as a request: a browser lets any web page send lines of its own
 * after an HTTP head.
 *
 * A connection whose first byte is a capital letter is an HTTP request: it is answered in
 * HTTP and closed, or becomes a WebSocket.
 *
 * # WebSockets
 *
 * The same lines may go over a WebSocket (RFC 6455) at `/chat`, on the port for lines and
 * on that for TLS; a server may have switched it off. A text frame from the server holds one or
 * more whole lines. A message from the client holds one or more lines too, the last of which
 * needs no `\n`; it may be fragmented. No subprotocol and no extension is spoken. The server
 * sends its last event, such as an `error`, and then a close frame: 1001 when it shuts down, 1002
 * or 1003 when a frame breaks the protocol, 1007 for what is not UTF-8, 1008 after a hundred
 * frames in a row that carry nothing, 1009 for a line that is too long, 1013 when it has no
 * room, otherwise 1000.
 *
 * # TLS and addresses
 *
 * The same lines may go over TLS (1.2 or 1.3), on a port of its own, 12346 by default.
 * A connection there that does not speak TLS is sent the error `tls_required`,
 * unencrypted, and closed. A server with both may take TLS on the port for lines too.
 *
 * An address is written `chat://HOST[:PORT][/ROOM]` for plain TCP and
 * `chats://HOST[:PORT][/ROOM][#FINGERPRINT]` for TLS. An IPv6 address is written in
 * brackets. In a room's name, everything but letters, digits and `-._~` is
 * percent-encoded UTF-8.
 *
 * A server has one of two kinds of certificate: one for its host name, from an
 * authority that the client trusts; or one of its own making, under an authority of
 * its own. The *fingerprint* is the SHA-256 of that authority's certificate (DER) in 64
 * hexadecimal digits; colons and upper case make no difference. It stays the same
 * when the certificate is renewed.
 *
 * A certificate of a server's own making is always for the name `chat-server.invalid`.
 * It brings its authority's certificate along: in the chain, and as a
 * `data:application/pkix-cert;base64,` URL of its caIssuers (RFC 5280, 4.2.2.1). A
 * client that goes by the fingerprint
 *
 * 1. takes the authority's certificate from there,
 * 2. compares its fingerprint with the one that it knows, or asks the person,
 * 3. connects with that authority as its only root, and `chat-server.invalid` as the
 *    name that it expects.
 *
 * Until the third step succeeds the right fingerprint proves nothing: anyone can
 * present the authority's certificate.
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
 * - `connect` comes first, and its answer comes before anything else.
 * - A message goes to every member of its room, its sender included. `sender` is
 *   always the session's name, whatever the client wrote. `room` may be left out by a
 *   session that is in exactly one room.
 * - The other members of a room are sent `Alice has joined the room.` and
 *   `Alice has left the room.`
 * - A client that connects without `version` is in the *lecture profile*: it is
 *   sent these types and no others. What a version 2 client learns from another
 *   type, it learns from a `notification` with the same text, or not at all.
 *   Payloads may carry more fields than the lecture's.
 *
 * # Version 2
 *
 * A client gets everything else with `"version": 2` in `connect`. A client that knows
 * a later version sends that one, and `connect_ack` says which one it got.
 *
 * | request | payload | answer |
 * | --- | --- | --- |
 * | `connect` | `name`, `room?`, `version`, `session?`, `since?`, `direct_since?`, `timeline?`, `password?`, `code?` | `connect_ack` |
 * | `message` | `room?`, `text`, `ref?` | its own `message`, with `ref` and `id` |
 * | `direct` | `to`, `text`, `ref?` | its own `direct`, with `ref` and `id` |
 * | `join` | `room`, `since?`, `code?` | its own `notification`, `event: "joined"`, with `seq` |
 * | `leave` | `room` | its own `notification`, `event: "left"` |
 * | `rename` | `name` | its own `notification`, `event: "renamed"`, with `new_name` |
 * | `topic` | `room`, `topic?` | `topic`; when set, `notification`, `event: "topic"` |
 * | `members` | `room`, `after?` | `members` `{room, members, total, more}` |
 * | `rooms` | `after?` | `rooms` `{rooms: [{room, members, topic, access?}], more}` |
 * | `history` | `room`, `before?` or `after?`, `limit?` | `history` `{room, messages, more}` |
 * | `search` | `query`, `room?`, `from?`, `limit?` | `search` `{messages, more, incomplete?}` |
 * | `read` | `room`, `seq` | – |
 * | `unread` | – | `unread` `{rooms: [{room, seq, unread, mentions}]}` |
 * | `register` | `password` | its own `notification`, `event: "registered"` |
 * | `password` | `current`, `password` | its own `notification`, `event: "password_changed"` |
 * | `unregister` | `password` | its own `notification`, `event: "unregistered"` |
 * | `sessions` | – | `sessions` `{sessions: [{session, current, connected, since, address?}]}` |
 * | `end_session` | `session` | its own `notification`, `event: "session_ended"` |
 * | `room` | `room` | `room` `{room, topic, access, slow, topic_by, owners, moderators, you}` |
 * | `configure` | `room`, `access?`, `slow?`, `topic_by?` | its own `message`, `act.event: "configured"` |
 * | `role` | `room`, `name`, `role` | its own `message`, `act.event: "role"` |
 * | `invite` | `room`, `name?`, `uses?`, `days?` | its own `message`, `act.event: "invited"`; without `name`, `invite` `{room, code, uses, until}` |
 * | `kick` | `room`, `name`, `reason?`, `for?` | its own `message`, `act.event: "kicked"` or, with `for`, `"banned"` |
 * | `mute` | `room`, `name`, `for`, `reason?` | its own `message`, `act.event: "muted"` |
 * | `unmute` | `room`, `name` | its own `message`, `act.event: "unmuted"` |
 * | `bans` | `room`, `after?` | `bans` `{room, bans: [{name, kind, by, at, until?, reason?}], more}` |
 * | `unban` | `room`, `name` | its own `message`, `act.event: "unbanned"` |
 * | `ping` | `nonce?` | `pong` `{nonce?}` |
 * | `pong` | `nonce?` | – ; it answers the server's `ping` |
 * | `quit` | – | the server ends the session and closes the connection |
 *
 * `connect_ack`: `{message, name, registered, room?, version, session, resumed, server, limits, rooms, direct, ref, timeline, since?, direct_since?}`.
 * `registered` says whether the name is. `rooms` holds `{room, seq}` for every room that
 * the session is in, with the `seq` of its last message: the first live message has
 * `seq + 1`. `direct` is the same for the session's direct messages. `ref` is the highest
 * that the session has used, 0 in a new one; the client's next `ref` must be above it.
 *
 * `message`: `{sender, room, text, seq, at, ref?, kind?, act?}`. `seq` counts from 1 in each room
 * without a gap; it is the order that all members see, and history's. `at` is epoch
 * milliseconds. `ref` and `id` are on the sender's own copy alone. That copy tells the
 * sender that the message is kept; before it is kept, nobody is sent it. `kind` and `act`
 * are explained with the rights of rooms, below.
 *
 * `direct`: `{sender, to, text, seq, at, ref?, room?}`, sent to the name's session and to the
 * sender, and kept for a session that is away. `seq` counts from 1 in the recipient's
 * inbox; it is 0 when the recipient is a lecture client, which has no inbox. With `room`
 * it is an invitation to that room.
 *
 * `notification`: `{message, event?, room?, name?, …}`. `message` is the text for a
 * person. `event` is one of `joined`, `left`, `renamed` (`name`, `new_name`), `topic`
 * (`name`, `topic`), `behind` (`behind`: how many messages follow), `caught_up`,
 * `dropped` (`room`, `seq`: messages before that one are no longer kept), `restored`
 * (`room`, `seq`: the log was restored, and has what was seen up to that one),
 * `registered`, `password_changed`, `unregistered` (`name`), `session_ended`, `kicked` and
 * `banned` (`room`, `name`, `by`, `reason`, `until`: the session is not in that room any more),
 * `shutdown`, and, in the lecture profile, `error` (`code`).
 *
 * `members` and `rooms` come in pages, in the order of folded names. While `more`
 * is true, ask again with `after` set to the last name of the page.
 *
 * `history` gives messages of a room that the session is in, oldest first: the next
 * ones above `after`, the next ones below `before`, or the last ones. `limit` is 50 by
 * default and 500 at most; an answer that would not fit a line holds fewer. `more`
 * says that there are further ones in that direction.
 *
 * `search` gives messages of the session's rooms, newest first: those with all the
 * words of `query`, in any order, regardless of case, accents, and Arabic and Hebrew
 * points. `"two words"` is a phrase, `begin*` a prefix (three at most), and `from` a
 * sender's name. In scripts without spaces between words (Chinese, Japanese, Thai, Lao,
 * Khmer, Burmese and others), and in Korean, a word is found in any part of a text.
 * `incomplete: true` says that messages of an older log are still being indexed, and may
 * be missing. A search that would keep the server busy for too long is refused.
 *
 * `read` says how far the person behind the name has read; the mark never moves
 * back. `unread` counts, for each room that the session is in, the messages of
 * others above the mark `seq`, and those of the last 1000 that mention the name: as a
 * word of its own by the rules of its script, in any case and normal form, in no link.
 *
 * `error`: `{code, message, retry_after?, ref?}`; {@linkcode ERROR_CODES} lists the codes.
 * An error refuses one request and changes nothing. The connection stays open, except
 * after the codes that say that it is closed.
 *
 * **Rate limits.** A server accepts a number of requests per second from a connection,
 * and a burst of them; some requests count as several. Further ones are answered by
 * `error` `rate_limited` with `retry_after` in whole milliseconds. Until that time has
 * passed every request but `pong` and `quit` is refused, so that requests sent in one
 * go are never accepted out of order. Then the refused requests may be sent again
 * unchanged and in their order; they have not used their `ref`. A connection that goes
 * on regardless is read more slowly. When `rate_limited` answers a new connection,
 * that connection is closed.
 *
 * **Order.** The answers on one connection come in the order of its requests, and
 * messages that a client asked to be sent again come before the answer to its next
 * request. A `pong` therefore proves that everything asked before it is done.
 *
 * **Slow readers.** A connection that does not take what it is sent falls behind: it is
 * fed from the log as fast as it reads, is told so (`behind`, then `caught_up`), and
 * misses no message. Its next request, unless that is `join`, `leave` or `quit`, waits
 * until it has been sent everything up to then. It is not told meanwhile of what is not
 * in the log: who joined, left or was renamed, and direct messages to a lecture client.
 *
 * **Silence.** A version 2 connection on which nothing arrives for the server's idle
 * timeout is sent a `ping`. Any line counts as an answer; without one the connection
 * is closed after the same time again.
 *
 * # Sessions: nothing lost, nothing doubled
 *
 * A session is a connected identity: a name, the rooms it is in, its inbox, and the
 * highest `ref` it has used. `connect_ack` issues its token as `session`, a secret
 * of 128 random bits. When the connection ends without `quit`, the session leaves
 * its rooms (the other members are told) and keeps its name for two minutes; then the
 * name is free for others. The session itself is kept for 30 days by default, across
 * restarts of the server too.
 *
 * **Resuming.** A `connect` with `session` resumes the session with its rooms, without
 * waiting for the old connection to be found dead: that one is sent `session_replaced`
 * and closed. `resumed` in `connect_ack` says whether it worked; if it is false, the
 * token was unknown and a new session was opened.
 *
 * `since` maps rooms to the last `seq` that the client has seen there. The session
 * enters these rooms too, and the messages after that `seq` are sent again, in order,
 * before the room goes on live, without a gap or a double. A room that is full is left
 * out, and so is a new room where the server has its maximum: `rooms` of `connect_ack`
 * says which ones the session is in. `direct_since` does the same for direct messages;
 * without it a resumed session is sent those that came since its last connection
 * ended. The client's own messages come with their `ref`.
 *
 * **Restored logs.** A log that was restored from a copy goes on from an earlier moment
 * and gives the numbers behind that again, to other messages. `timeline` in
 * `connect_ack` names its life since then. A client gives it back in its next `connect`,
 * as that of its `since` and `direct_since`. Where the log is of another timeline by
 * then, these count only up to where both have the same messages; what follows is sent
 * again. `since` and `direct_since` in `connect_ack` hold the corrected positions, for a
 * client to count from, and a `restored` for each room says what it has seen and the log
 * does not have. Without `timeline` a position may stand for another message.
 *
 * ```
 * → {"type": "connect", "payload": {"name": "Alice", "version": 2, "session": "c2VjcmV0", "timeline": "9f0c", "since": {"General": 100}}}
 * ← {"type": "connect_ack", "payload": {"message": "Connected.", "session": "c2VjcmV0", "resumed": true, "timeline": "41d7", "since": {"General": 80}}}
 * ← {"type": "notification", "payload": {"message": "The log was restored from a copy: what you saw in General after message 80 is no longer in it.", "event": "restored", "room": "General", "seq": 80}}
 * ```
 *
 * **Retrying.** `ref` is a positive integer that rises with every `message` and `direct`
 * of a session. To be sure of a message, send it again with the same `ref`, over a new
 * connection and however much later, until its own copy comes: a `ref` that was used
 * for the same content is answered with the original, to its sender only, and nothing
 * is said twice. That copy may have a `seq` that the client has already seen, as may the
 * copy of a direct message to oneself. The content is the type, the text, and the room
 * or the recipient, compared as names are; a `room` that was left out is not compared. A
 * refused request has not used its `ref`. After `log_failed` the session's higher `ref`s
 * are refused in the same way until that one is sent again, for five seconds at most, so
 * that the order stays. When `resumed` is false, earlier `ref`s mean nothing; `history`
 * shows whether those messages were said.
 *
 * **Copies.** A client may have lost count: its state was restored from a backup, or
 * two machines share it. A `ref` that is not above the session's highest, and was not
 * used for the same content, is refused with one of three codes, and nothing changes.
 * Each comes with the session's highest `ref`, as `connect_ack` does.
 *
 * - `ref_used`: it belongs to another message. The client's own was not said; it says
 *   it again, under a `ref` above the highest.
 * - `stale_ref`: it was never used, but a higher one was. The client does the same.
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
 * Two messages of the same content under one `ref` are one message, whoever wrote
 * them. A client may leave gaps of random size between its `ref`s, so that two copies
 * of a state do not give the same `ref` to what two people typed.
 *
 * The lecture's clients have no token. Their session ends with their connection,
 * and their `ref` is only given back.
 *
 * # Registered names
 *
 * `register` gives the session's name a password: 8 to 256 code points
 * after NFC. From then on a `connect` under that name without its password is refused
 * with `password_required` or, whatever was wrong, `wrong_password`. The latter is also
 * the answer where the name is not registered at all, so that a mistyped name does not
 * let its user in as a stranger. A session's token needs no password beside it. The
 * lecture's clients send theirs in the same field. A server may admit registered names
 * alone; it answers all others with `password_required`.
 *
 * A registered name may be connected several times, up to 16: each of its *devices* has a
 * session of its own, with rooms, `ref` and inbox. In a room they are one member: listed
 * and counted once, joining with the first of them and leaving with the last. A direct
 * message reaches the inboxes of all of them, also of those that are away. What one of
 * them says directly comes into the inboxes of the others too, with the `seq` that it
 * has there; so a `direct` from the session's own name without a `ref` of its own is what
 * another device said. With several inboxes, the `seq` on the sender's own copy is that
 * of one of them.
 *
 * `password` changes the password, `unregister` gives the name up. Both end the name's
 * other sessions: connected ones are sent `session_ended` and closed. After a change of
 * password such a session's token is good again together with the new password, and
 * its inbox and its `ref` are kept; after `unregister` it is void.
 *
 * `sessions` lists the sessions of the name: `session` is a short id, not the token;
 * `current` marks the one that asks; `since` is epoch milliseconds, when it was
 * connected or, if it is not, when it went away; `address` is where a connected one is.
 * `end_session` ends one for good: its token is void. A name that is not registered has
 * one session.
 *
 * A password is taken over TLS and over loopback only; over any other link it is answered
 * by `insecure_link`, unread. After failures the server takes none for a while, from that
 * address or for that name, whether there is such a name or not: `rate_limited`
 * says for how long.
 *
 * Two names look alike when a reader may take one for the other: when their skeletons
 * after Unicode's UTS #39 are the same, regardless of case. Two ordinary names of one
 * script that differ in letters which its readers tell apart, such as Ian and Lan, do
 * not. Names that look alike cannot be in one room together; nor may a name be used or
 * registered that looks like a registered one. The answer is `lookalike_name`.
 *
 * # Rooms and rights
 *
 * A room that a session with a registered name makes belongs to that name, its first *owner*;
 * any other room belongs to nobody, until an operator gives it to someone, and knows no rights:
 * everyone may enter it, speak, and set its topic. Only registered names hold roles. From the
 * least: `member`, `voice`, `moderator`, `owner`; a room may have several owners. Above
 * them is the *operator* of the server, who holds all rights in all rooms.
 *
 * `configure` sets a room's `access`, `slow` and `topic_by`:
 *
 * - `open`, as every room is at first: everyone may enter and speak.
 * - `moderated`: everyone may enter; `voice` and above may speak.
 * - `invite`: `member` and above, and holders of a code, may enter. For everyone else there is
 *   no such room: it is not in `rooms`, and requests about it are answered as those about a
 *   room that does not exist, but for `join` and `connect`, which would make one: they are
 *   answered `invite_only`.
 * - `slow`: seconds between two messages of a name below `voice`; 0 for none.
 * - `topic_by`: `all` who may speak, or `moderators` and above.
 *
 * `invite` with `name` makes a registered name a `member`, and puts a direct message with
 * `room` into its inbox. Without a name it makes a code, for `uses` sessions (1 if left out;
 * at most 1000) within `days` (7; at most 365). `code` in `join` or `connect` enters the room by
 * it: a registered name becomes a `member`, any other session may come back as long as it is
 * kept. An address carries a code as a query: `chats://HOST/ROOM?code=CODE`.
 *
 * `kick` removes a name, its devices and its roles from a room; with `for`, in seconds or
 * `"ever"`, it bans the name too, present or not. A ban holds for the name, for names that look
 * like it and, for a day at most, for the addresses it was connected from, except that
 * of the latter two no name with a role is hit. A mute holds for the name and those that look
 * like it, which may then neither speak, set the topic nor be renamed. `kick`, `mute` and
 * `role` work only on names whose role is below the sender's own. The session that is removed is
 * sent a `notification`, at once or when it comes back; in the lecture profile its
 * connection is closed then.
 *
 * Each such change is an *act*, an entry of the room's log like any message: with a
 * `seq`, in the one order of the room, sent to all members and replayed. It is a `message`
 * of `kind` `act`. `sender` did it, `text` says it for people, `act` for programs:
 * `{event, name?, role?, access?, slow?, topic_by?, until?, reason?, uses?}`. `until` is epoch
 * milliseconds, and left out for ever. The sender's own copy has the request's `id`. A
 * client that knows no acts shows the text. `unread` does not count acts.
 *
 * ```
 * → {"type": "configure", "id": "c", "payload": {"room": "Tea", "access": "invite"}}
 * ← {"type": "message", "id": "c", "payload": {"sender": "Alice", "room": "Tea", "text": "made the room invite-only", "seq": 3, "at": 1767225600000, "kind": "act", "act": {"event": "configured", "access": "invite"}}}
 * → {"type": "invite", "payload": {"room": "Tea", "uses": 5, "days": 2}}
 * ← {"type": "invite", "payload": {"room": "Tea", "code": "k7mq2v9xw4tr8hpz", "uses": 5, "until": 1767398400000}}
 * → {"type": "kick", "payload": {"room": "Tea", "name": "Mallory", "for": 86400, "reason": "spam"}}
 * ← {"type": "message", "payload": {"sender": "Alice", "room": "Tea", "text": "banned Mallory until 2026-01-02 00:00 UTC: spam", "seq": 5, "at": 1767225600000, "kind": "act", "act": {"event": "banned", "name": "Mallory", "until": 1767312000000, "reason": "spam"}}}
 * ← {"type": "notification", "payload": {"message": "You were banned from Tea until 2026-01-02 00:00 UTC by Alice: spam", "event": "banned", "room": "Tea", "name": "Mallory", "by": "Alice", "reason": "spam", "until": 1767312000000}}
 * ```
 *
 * The right to each request, by the least role that has it, and the answer to everyone below:
 *
 * | request | open | moderated | invite | refused with |
 * | --- | --- | --- | --- | --- |
 * | join | anyone | anyone | member, or a code | `invite_only`, `unknown_invite`; `banned` |
 * | message | in the room | voice | in the room | `not_allowed`; `muted`, `slow_mode` |
 * | topic, to set | in the room | voice | in the room | `not_allowed`; `muted` |
 * | topic, to set, by moderators | moderator | moderator | moderator | `not_allowed`; `muted` |
 * | topic, members, room | anyone | member, or in the room | member, or in the room | `not_in_room`; `unknown_room` for invite |
 * | rooms, to list it | anyone | anyone | member, or in the room | left out |
 * | history, search, unread, read, leave | in the room | in the room | in the room | `not_in_room` |
 * | invite, kick, mute, unmute, bans, unban | moderator | moderator | moderator | `not_allowed` |
 * | role: member, voice | moderator | moderator | moderator | `not_allowed` |
 * | role: moderator, owner | owner | owner | owner | `not_allowed` |
 * | configure | owner | owner | owner | `not_allowed` |
 *
 * All but the first, the fifth and the sixth row need a session that is in the room; others are
 * answered `not_in_room`. A name that is banned from an open or moderated room is refused with
 * `banned` by the first and the fifth row; from an invite room, by the first with a code alone.
 * A name can't leave a mute or the wait of slow mode behind: `rename` is refused meanwhile, and
 * also where a room of the session does not admit the new name. A server may ban names and
 * addresses as a whole: their `connect` and `rename` are answered `banned`, and open connections
 * get that as an `error` without `id`, and are closed. A server that lets only some people
 * register names, or nobody, answers the others' `register` with `not_allowed`.
 *
 * # Names, rooms, texts
 *
 * A name or a room: 1 to 32 code points after NFC; no control, format, bidi,
 * line-separator, unassigned or invisible characters, but for those that a script or an
 * emoji needs where they stand (joiners after UAX #31's A1, A2 and B); no spaces but
 * single inner ones; no combining mark first, and at most 8 of them in a row. Two are
 * the same when their NFKC case folds are, which invisible characters have no part in.
 *
 * A text: 1 to 4096 code points of well-formed Unicode, newlines included. A
 * topic: one line of at most 256. A `message` field is words for a person, as long as a
 * line allows: a lecture client's holds a whole text, and who said it to whom.
 *
 * A text travels exactly as it was written. A client that shows it on a terminal makes
 * it safe first: {@linkcode escapeForTerminal}.
 *
 * @module
 */

export { carriesPassword, decodeEvent, decodeRequest, encode, type Refused } from "./codec.ts";
export * from "./error_codes.ts";
export { type FramingProblem, LineFramer } from "./lines.ts";
export * from "./message.ts";
export { fold, type ParsedName, parseName } from "./names.ts";
export * from "./rights.ts";
export { escapeForTerminal, escapeLinesForTerminal, isLongerThan } from "./text.ts";
