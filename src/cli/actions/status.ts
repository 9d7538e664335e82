import { setTimeout as pause } from 'node:timers/promises'
import { notRunning } from '../../control/client.js'
import type { Run } from '../../control/run-lock.js'
import { QanatError } from '../../core/api/errors.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { askRun } from '../run/ask-run.js'
import { findRuns } from '../run/find-runs.js'
import { withFormerNames } from '../status/former-names.js'
import { readStatus } from '../status/read-status.js'
import { type RunStatus, reportOf } from '../status/report.js'

/** The options of `status`. */
export interface StatusOptions {
  readonly json?: boolean
  readonly watch?: boolean
}

/** Milliseconds between looks. */
const INTERVAL = 1_000
/** Changes where what is printed as JSON no longer means what it did; further keys may come at any time. */
const JSON_VERSION = 1
/** Whose tunnels are told of depends on who asks. */
const NONE =
  process.getuid?.() === 0
    ? 'No tunnel of a file runs'
    : 'No tunnel of a file runs as this user; "sudo qanat status" shows those of root'
/** Puts a terminal's cursor to the top left and clears all below. ECMA-48 */
const CLEAR = '\u001b[H\u001b[J'

/** Tells of the tunnels that run: of a file, with a name, or of all; with `watch` again and again, until a signal. */
export async function status(wanted: string | undefined, options: StatusOptions): Promise<number> {
  for (;;) {
    const known = await statusOf(wanted)
    if (options.json === true) {
      const text = { version: JSON_VERSION, tunnels: known.map(forScripts) }
      print(`${options.watch === true ? JSON.stringify(text) : JSON.stringify(text, null, 2)}\n`)
    } else {
      const reports = known.map((one) => reportOf(one, Date.now()).join('\n'))
      const clear = options.watch === true && process.stdout.isTTY ? CLEAR : ''
      print(`${clear}${reports.length === 0 ? NONE : reports.join('\n\n')}\n`)
    }
    if (options.watch !== true) return EXIT_OK
    await pause(INTERVAL)
  }
}

/** A tunnel's status as JSON has it. */
function forScripts(status: RunStatus): RunStatus {
  const peers = status.peers.map((peer) => ({ ...peer, drops: withFormerNames(peer.drops) }))
  return { ...status, drops: withFormerNames(status.drops), peers }
}

async function statusOf(wanted: string | undefined): Promise<RunStatus[]> {
  const runs = findRuns(wanted)
  if (wanted !== undefined && runs.length === 0) throw notRunning(wanted)
  const asked = await Promise.all(runs.map((run) => askUnlessGone(run, wanted)))
  return asked.filter((known) => known !== undefined)
}

/** Of several tunnels one may end, or still start, while it is asked, or belong to somebody who answers nonsense. */
async function askUnlessGone(run: Run, wanted: string | undefined): Promise<RunStatus | undefined> {
  try {
    return readStatus(await askRun(run, run.file, 'status'), run)
  } catch (thrown) {
    if (wanted !== undefined || !(thrown instanceof QanatError)) throw thrown
    if (thrown.code !== 'ERR_NOT_RUNNING') remark(thrown.message)
    return undefined
  }
}
