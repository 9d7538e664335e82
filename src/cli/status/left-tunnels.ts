import { lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { escapedText } from '../../control/protocol.js'
import { isLeft, journalsLeft, journalsOf } from '../../control/run-lock.js'
import { JOURNAL_ENDING } from '../../core/settings/run-files.js'
import { belongsToKillSwitch } from '../../host/record/change.js'
import { changeText } from '../../host/record/change-text.js'
import { isSame, type LeftBehind, readAll } from '../../host/record/journal.js'
import { bootId, ownNamespace } from '../../native/process/network-namespace.js'

/** A tunnel that no longer runs, and has changed its host still. */
export interface LeftTunnel {
  /** Null if its journal does not tell it, as programs up to 0.2.0 wrote it. */
  readonly file: string | null
  /** Whether its kill switch stands. */
  readonly killSwitch: boolean
  /** What stands, as users know it. */
  readonly changes: readonly string[]
  /** Whether it stands in the network namespace of whoever asks. */
  readonly here: boolean
  /** Whether nobody but the service that changed it can undo it: in a namespace that others do not follow it into. */
  readonly byService: boolean
  readonly journal: string
}

/**
 * The tunnels of files that left something, as the journals in `folder` and its services' tell. `files` may be among them:
 * their journals are known even if they do not tell their file.
 */
export function leftTunnels(folder: string, files: readonly string[] = []): LeftTunnel[] {
  return journalsLeft(folder)
    .map((journal) => leftBy(journal, files))
    .filter((left) => left !== undefined)
    .sort((a, b) => ((a.file ?? '') < (b.file ?? '') ? -1 : 1))
}

/** Undefined if nothing is left, nobody knows, or a process runs it by now. */
function leftBy(journal: string, files: readonly string[]): LeftTunnel | undefined {
  const { changes: noted = [], namespace = {}, run } = whatIsIn(journal) ?? {}
  const changes = noted.filter(({ kind }) => kind !== 'mark') // which changes nothing by itself
  if (changes.length === 0 || !isLeft(journal)) return undefined // a start or an end may have come between
  if (namespace.boot !== undefined && namespace.boot !== bootId()) return undefined
  return {
    file: fileOf(journal, run?.file === undefined ? files : [run.file, ...files]),
    killSwitch: run?.killSwitch === true && changes.some(belongsToKillSwitch),
    changes: changes.map(changeText),
    here: isHere(journal, namespace),
    byService: namespace.name !== undefined && isAnothers(journal),
    journal,
  }
}

/** What lies in a namespace with a name is undone from where the tunnel ran, which the journal's name tells. */
function isHere(journal: string, namespace: LeftBehind['namespace']): boolean {
  const own = ownNamespace()
  if (namespace.name === undefined) return isSame(namespace, own)
  return journal.endsWith(`.${own.network}${JOURNAL_ENDING}`)
}

/** Whoever else is asked to undo it acts as that user, without the rights that the service has. */
function isAnothers(journal: string): boolean {
  return lstatSync(journal, { throwIfNoEntry: false })?.uid !== process.getuid?.()
}

/** Another user's journal may be none. */
function whatIsIn(journal: string): LeftBehind | undefined {
  try {
    return readAll(journal)
  } catch {
    return undefined
  }
}

/** A journal bears the name of its file: one that claims another file is nobody's. */
function fileOf(journal: string, files: readonly string[]): string | null {
  const file = files.find((one) => journalsOf(one, dirname(journal)).includes(journal))
  return file === undefined ? null : escapedText(file)
}
