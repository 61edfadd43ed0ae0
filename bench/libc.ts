/**
 * The calls of the C library that the load needs. Each costs a fifth of a microsecond
 * beside the kernel's part; a `read` of a `Deno.Conn` costs several, and the runtime
 * serves many connections unfairly.
 */

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
} as const;

/** The C library. Calls that fail return -1. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

/** Opens the C library of Linux. */
export function openLibc(): Libc {
  return Deno.dlopen("libc.so.6", SYMBOLS);
}

/** Whether {@linkcode openLibc} can open one. */
export function hasLibc(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    openLibc().close();
    return true;
  } catch {
    return false;
  }
}

/** Constants of Linux, the same on every processor that Deno supports. */
export const LINUX = {
  AF_INET: 2,
  SOCK_STREAM: 1,
  SOCK_CLOEXEC: 0x80000,
  IPPROTO_TCP: 6,
  TCP_NODELAY: 1,
  SOL_SOCKET: 1,
  SO_RCVBUF: 8,
  MSG_DONTWAIT: 0x40,
  MSG_NOSIGNAL: 0x4000,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_MOD: 3,
  EPOLLIN: 1,
  EPOLLOUT: 4,
  EPOLLERR: 8,
  EPOLLHUP: 0x10,
} as const;

/** The 32-bit words of a `struct epoll_event`, and the index of the user data. */
export const EPOLL_EVENT = Deno.build.arch === "x86_64"
  ? { words: 3, own: 1 }
  : { words: 4, own: 2 };

/** A `struct sockaddr_in` for a port on 127.0.0.1. */
export function loopback(port: number): Uint8Array<ArrayBuffer> {
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  view.setUint16(0, LINUX.AF_INET, true);
  view.setUint16(2, port);
  address.set([127, 0, 0, 1], 4);
  return address;
}
