import { constants } from 'node:fs'
import { loadKoffi } from '../../src/native/base/koffi.js'

const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000

/** Descriptors of a new pipe that do not block: the end to read from, and the one to write to. */
export function openPipe(): [number, number] {
  const pipe2 = libc('int pipe2(_Out_ int* fds, int flags)')
  return checked((fds) => pipe2(fds, constants.O_NONBLOCK))
}

/** Descriptors of two connected sockets that do not block. */
export function openSockets(): [number, number] {
  return socketPair(SOCK_STREAM)
}

/** The same, which keep what is written at once together, as a TUN device keeps packets. */
export function openDatagramSockets(): [number, number] {
  return socketPair(SOCK_DGRAM)
}

function socketPair(type: number): [number, number] {
  const socketpair = libc('int socketpair(int domain, int type, int protocol, _Out_ int* fds)')
  return checked((fds) => socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fds))
}

function libc(signature: string) {
  return loadKoffi().load('libc.so.6').func(signature)
}

function checked(open: (fds: number[]) => number): [number, number] {
  const fds: [number, number] = [-1, -1]
  if (open(fds) < 0) throw new Error('Cannot open two descriptors')
  return fds
}
