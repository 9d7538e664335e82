import { Arena } from './arena.js'
import { CpuAffinity } from './cpu-affinity.js'
import { loadKoffi } from './koffi.js'
import { bindLibc, type Libc } from './libc.js'
import { bindSockets, type Sockets } from './sockets.js'
import { Watchers } from './watcher.js'

/** What calls the system directly, through koffi. */
export interface Native {
  readonly arena: Arena
  /** Of the main thread. */
  readonly affinity: CpuAffinity
  readonly libc: Libc
  readonly sockets: Sockets
  readonly watchers: Watchers
}

let loaded: Native | undefined

/**
 * The one way to the system of this process, made at the first call.
 *
 * @throws QanatError ERR_NATIVE if koffi cannot be loaded; a caller with a portable alternative uses that then.
 */
export function native(): Native {
  if (loaded === undefined) {
    const koffi = loadKoffi()
    const arena = new Arena(koffi)
    loaded = {
      arena,
      affinity: new CpuAffinity(koffi, arena),
      libc: bindLibc(koffi),
      sockets: bindSockets(koffi),
      watchers: new Watchers(koffi, arena),
    }
  }
  return loaded
}

/** The same; undefined if koffi cannot be loaded. */
export function nativeIfThere(): Native | undefined {
  try {
    return native()
  } catch {
    return undefined
  }
}
