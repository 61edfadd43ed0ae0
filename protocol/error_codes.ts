/** The codes of errors. */

/** Every error code that a server sends, with its meaning. Clients match codes, never messages. */
export const ERROR_CODES = {
  not_utf8: "The bytes were not UTF-8. The connection is closed.",
  line_too_long: "A line had more bytes than the limit. The connection is closed.",
  not_json: "The line was not JSON. As a connection's first line it closes the connection.",
  not_object:
    "The line, or its payload, was JSON but not an object. Such a first line closes the connection.",
  unknown_type: "No request has that type.",
  missing_field: "A field that the request needs was missing.",
  bad_field: "A field had the wrong type or was out of bounds.",
  bad_name: "A name broke the rules for names.",
  bad_room: "A room's name broke the rules for names.",
  bad_text: "A text was empty or not well-formed Unicode.",
  text_too_long: "A text had more code points than the limit.",
  not_connected: "Something other than `connect` came first.",
  already_connected: "A second `connect` came on one connection.",
  name_taken: "Another session holds the name.",
  lookalike_name: "The name looks like another one that it could be mistaken for.",
  password_required: "The name is registered, or must be, and needs its password.",
  wrong_password: "The password is wrong, or the name is not registered.",
  bad_password: "A new password was too short or too long.",
  insecure_link: "A password came over a link that others can read. It should not be used again.",
  already_registered: "The name is registered already.",
  not_registered: "The name is not registered.",
  too_many_sessions: "The name has the maximum number of sessions.",
  unknown_session: "The name has no session with that id.",
  session_ended:
    "The session was ended, or its name was registered by another. The connection is closed.",
  unknown_name: "Nobody has that name.",
  unknown_room: "No room has that name.",
  room_required: "`room` was left out by a session that is not in exactly one room.",
  not_in_room: "The session is not in that room.",
  already_in_room: "The session is in that room already.",
  too_many_rooms: "The session is in the maximum number of rooms.",
  not_allowed: "The name's role in that room, or on the server, does not allow it.",
  invite_only: "The room takes invited people alone.",
  unknown_invite: "The invitation code is wrong, used up or past its time.",
  banned: "The name or its address is banned from the room or the server.",
  muted: "The name may not speak in that room; `retry_after` says for how long, if not for ever.",
  slow_mode: "The room takes one message in so many seconds; `retry_after` says when the next.",
  ref_used: "The `ref` was used for another message. The message of the request was not said.",
  stale_ref: "The `ref` is not above the session's highest, and was never used.",
  ref_expired:
    "The `ref` is not above the session's highest, and messages of its time are no longer kept.",
  bad_query: "A search query could not be parsed, or asks for too much at once.",
  log_failed: "The log failed: the message was not kept, and nobody has seen it.",
  session_replaced: "A newer connection resumed the session. This one is closed.",
  handshake_timeout: "No `connect` came in time. The connection is closed.",
  idle_timeout: "No line came for too long, not even a `pong`. The connection is closed.",
  rate_limited:
    "Too many requests. Nothing was done; `retry_after` says when to send the request again.",
  room_full: "The room has the maximum number of members.",
  no_more_rooms: "The room does not exist, and the server has the maximum number of rooms.",
  server_busy: "The server is short of memory and refuses new work. A new connection is closed.",
  tls_required: "The port speaks TLS, and the connection did not. The connection is closed.",
  server_full: "The server has the maximum number of connections. The connection is closed.",
  address_full: "Your address has the maximum number of connections. The connection is closed.",
} as const;

/** One of {@linkcode ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;
