import fs from 'node:fs'
import { type Koffi, loadKoffi } from '../base/koffi.js'
import { native } from '../base/native.js'
import { SOCK_CLOEXEC, SOCK_DGRAM } from '../base/sockets.js'

const AF_UNIX = 1
/** Bytes of sun_family in struct sockaddr_un, and of all of it. unix(7) */
const FAMILY_BYTES = 2
const MAX_ADDRESS = 110

/** The C library's, loaded once: a status is told again and again. */
let sendTo: ReturnType<ReturnType<Koffi['load']>['func']> | undefined

/**
 * Tells a service manager something, such as `READY=1`, by a datagram to the local socket at `path`, as sd_notify(3)
 * does; a path that begins with `@` is abstract. Whether anybody heard it is not told.
 *
 * @throws QanatError ERR_NATIVE if koffi cannot be loaded.
 */
export function notify(path: string, message: string): void {
  const { arena, sockets } = native()
  sendTo ??= loadKoffi()
    .load('libc.so.6')
    .func('long sendto(int, uintptr_t, size_t, int, uintptr_t, unsigned int)')
  const name = Buffer.from(path)
  const text = Buffer.from(message)
  if (path.startsWith('@')) name[0] = 0
  if (name.length > MAX_ADDRESS - FAMILY_BYTES) return
  const fd = sockets.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (fd < 0) return
  const address = arena.reserve(MAX_ADDRESS)
  const memory = arena.reserve(text.length)
  arena.view.setUint16(address.offset, AF_UNIX, true)
  address.bytes.set(name, FAMILY_BYTES)
  memory.bytes.set(text)
  sendTo(fd, memory.address, text.length, 0, address.address, FAMILY_BYTES + name.length)
  address.release()
  memory.release()
  fs.closeSync(fd)
}
