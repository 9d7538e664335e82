import { constants } from 'node:os'
import { QanatError } from '../../core/api/errors.js'
import { loadKoffi } from '../base/koffi.js'
import { errnoName } from '../base/libc.js'
import { native } from '../base/native.js'

/** Changes interfaces, addresses, routes and firewalls, and marks sockets. linux/capability.h */
export const CAP_NET_ADMIN = 12

/** linux/prctl.h */
const PR_SET_KEEPCAPS = 8
const PR_CAPBSET_DROP = 24
const PR_SET_NO_NEW_PRIVS = 38
const PR_CAP_AMBIENT = 47
const PR_CAP_AMBIENT_RAISE = 2

/** Where the fields of struct __user_cap_header_struct and of the first __user_cap_data_struct are. */
const VERSION = 0
const EFFECTIVE = 8
const PERMITTED = 12
const INHERITABLE = 16
/** Bytes of the header and of two data structures, which version 3 has. */
const BYTES = 32
const LINUX_CAPABILITY_VERSION_3 = 0x20080522

/** Capabilities of the calling thread: each has its own, capabilities(7). */
export class Capabilities {
  readonly #prctl: (option: number, a: number, b: number, c: number, d: number) => number
  readonly #capset: (header: number, data: number) => number
  readonly #errno: () => number

  /** @throws QanatError ERR_NATIVE if koffi cannot be loaded. */
  constructor() {
    const koffi = loadKoffi()
    const libc = koffi.load('libc.so.6')
    this.#prctl = libc.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)')
    this.#capset = libc.func('int capset(uintptr_t, uintptr_t)')
    this.#errno = () => koffi.errno()
  }

  /** Lets what is permitted outlive the change from root to another user. */
  keepOverUserChange(): void {
    this.#check('keep rights', this.#prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
  }

  /** Makes sure that no program started from here can ever have more, if this thread may say so. */
  bound(capability: number): void {
    for (let other = 0; ; other++) {
      if (other === capability || this.#prctl(PR_CAPBSET_DROP, other, 0, 0, 0) === 0) continue
      if (this.#errno() === constants.errno.EINVAL || this.#errno() === constants.errno.EPERM) return
      this.#check('bound rights', -1)
    }
  }

  /** Gives up all but one, which programs started from here have, too. */
  keepOnly(capability: number): void {
    const { arena } = native()
    const memory = arena.reserve(BYTES)
    const bit = 2 ** capability
    arena.view.setUint32(memory.offset + VERSION, LINUX_CAPABILITY_VERSION_3, true)
    for (const field of [EFFECTIVE, PERMITTED, INHERITABLE]) {
      arena.view.setUint32(memory.offset + field, bit, true)
    }
    const result = this.#capset(memory.address, memory.address + EFFECTIVE)
    memory.release()
    this.#check('keep CAP_NET_ADMIN', result)
    this.#check('pass the capability on', this.#prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))
  }

  /** Makes sure that programs started from here gain nothing by their files' privileges, as sudo does. */
  refuseNew(): void {
    this.#check('refuse new rights', this.#prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
  }

  #check(what: string, result: number): void {
    if (result >= 0) return
    const why = `the kernel says ${errnoName(this.#errno())}`
    throw new QanatError(`Cannot ${what}: ${why}`, { code: 'ERR_PRIVILEGES' })
  }
}
