import { closeSync, constants, fstatSync, openSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { asError } from '../../core/api/errors.js'
import type { Step, Way } from './way.js'

/** Names something without opening it: no pipe blocks, and a folder need not be readable. open(2), asm-generic/fcntl.h */
const O_PATH = 0o10000000
const NAME_ONLY = O_PATH | constants.O_NOFOLLOW
/** Links that a path may lead through. path_resolution(7) */
const MAX_LINKS = 40
/** Where the kernel keeps links to what a process has open, and what they say of a pipe, which has no path. proc(5) */
const DESCRIPTORS = /^\/proc\/\d+\/fd$/
const PIPE = /^pipe:\[\d+\]$/

/** A file that is open for reading. */
export interface OpenFile {
  readonly descriptor: number
  readonly way: Way
}

/**
 * Opens a file step by step: each folder by its name in the one before, and each link by hand. So `way` is
 * what was gone through in fact, whoever moves things about meanwhile.
 *
 * Throws an Error with the system's code if that fails, and one without if it is neither a regular file nor a pipe of a
 * shell.
 */
export function openFile(path: string): OpenFile {
  const steps: Step[] = []
  /** What is still to be gone, the next name last. */
  const names = namesIn(path.startsWith('/') ? path : `${process.cwd()}/${path}`)
  let here = enterRoot(steps)
  try {
    for (let links = 0; ; ) {
      const name = names.pop()
      if (name === undefined) throw new Error(`${path} is a folder`)
      const place = `/proc/self/fd/${here.descriptor}/${name}`
      const next = openSync(place, NAME_ONLY)
      const about = fstatSync(next)
      const at = join(here.path, name) // no link is in it, so that .. is the folder above
      if (about.isSymbolicLink()) {
        closeSync(next)
        if (++links > MAX_LINKS) throw new Error(`${path} leads through more than ${MAX_LINKS} links`)
        steps.push(stepOf(at, 'link', about))
        const target = readlinkSync(place)
        if (DESCRIPTORS.test(here.path) && PIPE.test(target)) return openPipe(place, at, steps)
        names.push(...namesIn(target))
        if (!target.startsWith('/')) continue
        const root = enterRoot(steps)
        closeSync(here.descriptor)
        here = root
      } else if (about.isDirectory()) {
        closeSync(here.descriptor)
        here = { descriptor: next, path: at }
        steps.push(stepOf(at, 'folder', about))
      } else {
        try {
          if (!about.isFile()) throw new Error(`${path} is no regular file`)
          if (names.length > 0) throw new Error(`${path} leads through ${at}, which is no folder`)
          steps.push(stepOf(at, 'file', about))
          const again = `/proc/self/fd/${next}` // whatever its name leads to by now
          return { descriptor: openSync(again, 'r'), way: asWay(steps) }
        } finally {
          closeSync(next)
        }
      }
    }
  } catch (thrown) {
    throw withPath(thrown, path)
  } finally {
    closeSync(here.descriptor)
  }
}

function enterRoot(steps: Step[]): { descriptor: number; path: string } {
  const descriptor = openSync('/', NAME_ONLY)
  steps.push(stepOf('/', 'folder', fstatSync(descriptor)))
  return { descriptor, path: '/' }
}

/** What a shell makes of `<(command)`: whoever started this process opened it. */
function openPipe(place: string, at: string, steps: Step[]): OpenFile {
  const descriptor = openSync(place, 'r')
  steps.push(stepOf(at, 'file', fstatSync(descriptor)))
  return { descriptor, way: asWay(steps) }
}

function namesIn(path: string): string[] {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .reverse()
}

function stepOf(path: string, kind: Step['kind'], { uid, gid, mode }: Stats): Step {
  return { path, kind, uid, gid, mode: mode & 0o7777 }
}

function asWay(steps: readonly Step[]): Way {
  return steps as unknown as Way // the root folder is its first
}

/** The system's error, told of the path that was asked for in place of a descriptor's. */
function withPath(thrown: unknown, path: string): Error {
  const error = asError(thrown) as NodeJS.ErrnoException
  if (error.code === undefined) return error
  const why = error.message.replace(/, \w+ '[^']*'$/, '')
  return Object.assign(new Error(`${why}, open '${path}'`, { cause: thrown }), { code: error.code })
}
