import { endianness } from 'node:os'
import { QanatError } from '../../core/api/errors.js'
import type { Koffi } from './koffi.js'

/** The family of an IP address. */
export type Family = 4 | 6

/** bits/socket.h, by family */
export const ADDRESS_FAMILY = { 4: 2, 6: 10 } as const
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_SEQPACKET = 5
export const AF_UNIX = 1
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000

/** Levels and names of socket options. asm-generic/socket.h, linux/in.h, linux/in6.h, linux/udp.h */
export const SOL_SOCKET = 1
export const SO_ERROR = 4
export const SO_SNDBUF = 7
export const SO_RCVBUF = 8
export const SO_SNDBUFFORCE = 32
export const SO_RCVBUFFORCE = 33
export const SO_MARK = 36
export const SO_BUF_LOCK = 72
export const SOL_IP = 0
export const IP_PKTINFO = 8
export const IP_MTU_DISCOVER = 10
export const SOL_IPV6 = 41
export const IPV6_MTU_DISCOVER = 23
export const IPV6_V6ONLY = 26
export const IPV6_RECVPKTINFO = 49
export const IPV6_PKTINFO = 50
export const IPV6_DONTFRAG = 62
export const SOL_UDP = 17
export const UDP_SEGMENT = 103
export const UDP_GRO = 104

/**
 * Socket calls of the C library. Addresses are numbers and must be of the arena; the caller has checked the
 * lengths. A negative result is an error number, negated, as the kernel itself returns it.
 */
export interface Sockets {
  socket(domain: number, type: number, protocol: number): number
  /** Writes two descriptors, 32 bits each, of sockets that are connected to each other. */
  socketpair(domain: number, type: number, protocol: number, address: number): number
  bind(fd: number, address: number, length: number): number
  getsockname(fd: number, address: number, lengthAddress: number): number
  getpeername(fd: number, address: number, lengthAddress: number): number
  /** A socket that does not block answers EINPROGRESS; it is writable once the connection is there, or failed. */
  connect(fd: number, address: number, length: number): number
  getsockopt(fd: number, level: number, name: number, address: number, lengthAddress: number): number
  /** The number of messages sent. What follows one that fails is not sent. */
  sendmmsg(fd: number, messages: number, count: number): number
  /** The number of messages received. Never waits for one. */
  recvmmsg(fd: number, messages: number, count: number): number
  /** The bytes sent, fewer than all where the kernel takes no more. Never waits, and raises no signal. */
  sendmsg(fd: number, message: number): number
  /** The bytes sent. Never waits, and raises no signal. */
  send(fd: number, address: number, length: number): number
  /** The bytes received, 0 if the remote ended its half. Never waits. */
  recv(fd: number, address: number, length: number): number
  /** Ends the sending half of a connection. */
  endSending(fd: number): number
  /** Another descriptor of the same socket. */
  duplicate(fd: number): number
}

/** Binds the socket calls. Throws if one is missing. */
export function bindSockets(koffi: Koffi): Sockets {
  const libc = koffi.load('libc.so.6')
  const checked = (result: number) => (result < 0 ? -koffi.errno() : result)
  const socket = libc.func('int socket(int, int, int)')
  const socketpair = libc.func('int socketpair(int, int, int, uintptr_t)')
  const bind = libc.func('int bind(int, uintptr_t, unsigned int)')
  const getsockname = libc.func('int getsockname(int, uintptr_t, uintptr_t)')
  const getpeername = libc.func('int getpeername(int, uintptr_t, uintptr_t)')
  const connect = libc.func('int connect(int, uintptr_t, unsigned int)')
  const getsockopt = libc.func('int getsockopt(int, int, int, uintptr_t, uintptr_t)')
  const sendmmsg = libc.func('int sendmmsg(int, uintptr_t, unsigned int, int)')
  const recvmmsg = libc.func('int recvmmsg(int, uintptr_t, unsigned int, int, uintptr_t)')
  const sendmsg = libc.func('long sendmsg(int, uintptr_t, int)')
  const send = libc.func('long send(int, uintptr_t, size_t, int)')
  const recv = libc.func('long recv(int, uintptr_t, size_t, int)')
  const shutdown = libc.func('int shutdown(int, int)')
  const fcntl = libc.func('int fcntl(int, int, int)')
  return {
    socket: (domain, type, protocol) => checked(socket(domain, type, protocol)),
    socketpair: (domain, type, protocol, address) => checked(socketpair(domain, type, protocol, address)),
    bind: (fd, address, length) => checked(bind(fd, address, length)),
    getsockname: (fd, address, lengthAddress) => checked(getsockname(fd, address, lengthAddress)),
    getpeername: (fd, address, lengthAddress) => checked(getpeername(fd, address, lengthAddress)),
    connect: (fd, address, length) => checked(connect(fd, address, length)),
    getsockopt: (fd, level, name, address, lengthAddress) =>
      checked(getsockopt(fd, level, name, address, lengthAddress)),
    sendmmsg: (fd, messages, count) => checked(sendmmsg(fd, messages, count, MSG_DONTWAIT)),
    recvmmsg: (fd, messages, count) => checked(recvmmsg(fd, messages, count, MSG_DONTWAIT, 0)),
    sendmsg: (fd, message) => checked(sendmsg(fd, message, MSG_DONTWAIT | MSG_NOSIGNAL)),
    send: (fd, address, length) => checked(send(fd, address, length, MSG_DONTWAIT | MSG_NOSIGNAL)),
    recv: (fd, address, length) => checked(recv(fd, address, length, MSG_DONTWAIT)),
    endSending: (fd) => checked(shutdown(fd, SHUT_WR)),
    duplicate: (fd) => checked(fcntl(fd, F_DUPFD_CLOEXEC, 0)),
  }
}

/** bits/socket.h */
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const SHUT_WR = 1
/** linux/fcntl.h */
const F_DUPFD_CLOEXEC = 1030

/** Processors whose C structures are laid out as the files beside this one say: 64 bits, little-endian. */
const KNOWN_PROCESSORS = ['x64', 'arm64', 'riscv64', 'loong64', 'ppc64']

/** @throws QanatError ERR_NATIVE if messages are laid out in a way unknown here. */
export function checkMessageLayout(): void {
  if (KNOWN_PROCESSORS.includes(process.arch) && endianness() === 'LE') return
  throw new QanatError(
    `Cannot use native sockets on ${process.arch}: one of ${KNOWN_PROCESSORS.join(', ')} is needed`,
    { code: 'ERR_NATIVE' },
  )
}
