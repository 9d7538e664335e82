import { ConfigError } from '../../core/api/errors.js'
import type { AnyModel } from '../schema/model.js'
import { type Asker, type OtherUser, otherUser } from './asker.js'
import type { Caller } from './caller.js'
import { holdsSecret } from './holds-secret.js'
import { listed, type Powers, powersOf } from './powers.js'
import { exposureOf, type Readers } from './readers.js'
import { endOf, modeOf, type Step, type Way } from './way.js'
import { type Writers, writersOf } from './writers.js'

/** What a configuration may do by where it comes from. */
export interface Admission {
  /** Whom its hooks run as; undefined: whoever the process is. */
  readonly hooksAs: number | undefined
  /** Whose rights the files that it names are read with; undefined: the process's own. */
  readonly author: number | 'anybody' | undefined
  readonly readers: Readers
  /** What is likely not meant. */
  readonly remarks: readonly string[]
}

/** Tells what a model may do. @throws ConfigError if it asks for more. */
export type Admit = (model: AnyModel) => Admission

/** What whoever runs the process lets others do. */
type Allowed = Pick<Asker, 'allowReadableKeys' | 'allowWritableFiles'>

const ALL: readonly (keyof Powers)[] = ['hooks', 'plugins', 'driver', 'documentRoot', 'browser', 'files']
/** What root would do for another user, whatever user its hooks run as. */
const OF_ROOT: readonly (keyof Powers)[] = ['plugins', 'documentRoot', 'browser']

/** What a configuration may do that whoever runs the process gives it, by the command line or as a program. */
export function admitOwn({ gid }: Caller, user?: OtherUser, allowed: Allowed = {}): Admission {
  return { hooksAs: undefined, author: undefined, readers: readersFor(gid, user, allowed), remarks: [] }
}

/**
 * What the configuration in a file may do, by who can change that. `used` are the powers that are made use of.
 *
 * @throws ConfigError if it asks for more, with what has to be changed.
 */
export function admitFile(
  name: string,
  way: Way,
  model: AnyModel,
  asker: Asker,
  used: readonly (keyof Powers)[] = ALL,
): Admission {
  const { allowWritableFiles = false, caller } = asker
  const user = otherUser(asker, model.interface.user)
  const powers = powersOf(model, used)
  const refuse = (why: string): never => {
    throw new ConfigError(`Cannot use ${name}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
  }
  const readers = readersFor(caller.gid, user, asker)
  const exposure = holdsSecret(model) ? exposureOf(endOf(way), readers) : undefined
  if (exposure !== undefined) refuse(exposure)
  const writers = writersOf(way, caller.trusted)
  const guarded = ALL.filter((power) => !(allowWritableFiles && power === 'files'))
  const author = authorOf(writers, user?.uid, listed(powers, guarded), refuse)
  if (author !== undefined) {
    const place = `${author.path} belongs to user ${author.uid}`
    const remedy = `run "chown ${caller.uid} ${author.path}"`
    const ofRoot = listed(powers, OF_ROOT)
    if (ofRoot !== undefined)
      refuse(`${place}, who may not say what this process does (${ofRoot}); ${remedy}`)
    if (powers.hooks && caller.uid !== 0)
      refuse(`${place}, and only root can run that user's hooks; ${remedy}`)
    if (powers.hooks && user !== undefined) {
      refuse(`${place}, and user ${user.uid} cannot run that user's hooks at the end; ${remedy}`)
    }
  }
  return {
    hooksAs: powers.hooks ? author?.uid : undefined,
    author: writers.open === undefined ? author?.uid : 'anybody',
    readers,
    remarks: powers.hooks && author === undefined && caller.uid === 0 ? remarksOn(way, caller) : [],
  }
}

/** Whose word a file is, if neither root's nor the caller's; refuses if that is more than one, and `asked` is given. */
function authorOf(
  { open, owned }: Writers,
  user: number | undefined,
  asked: string | undefined,
  refuse: (why: string) => never,
): Step | undefined {
  if (asked !== undefined) {
    if (open !== undefined) {
      const what = open.kind === 'folder' ? `the mode of the folder ${open.path}` : 'its mode'
      refuse(`${what} is ${modeOf(open)}, so others may choose its ${asked}; run "chmod go-w ${open.path}"`)
    }
    const other = owned.find(({ uid }) => uid === user || uid !== owned.at(-1)!.uid)
    if (other !== undefined) {
      const who = other.uid === user ? ', whom the tunnel runs as' : ''
      refuse(
        `${other.path} belongs to user ${other.uid}${who}, who may choose its ${asked}; run "chown root ${other.path}"`,
      )
    }
  }
  return owned.at(-1)
}

function remarksOn(way: Way, { trusted }: Caller): string[] {
  const other = way.findLast(({ kind, uid }) => kind !== 'link' && uid !== 0 && trusted.has(uid))
  return other === undefined ? [] : [`its hooks run as root, and user ${other.uid} can write them`]
}

function readersFor(
  gid: number,
  user: OtherUser | undefined,
  { allowReadableKeys, allowWritableFiles }: Allowed,
): Readers {
  const anybody = allowWritableFiles ? 'change' : allowReadableKeys ? 'read' : 'nothing'
  return { groups: user === undefined ? [gid] : [gid, user.gid], anybody, excused: new Map() }
}
