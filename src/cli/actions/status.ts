import { setTimeout as pause } from 'node:timers/promises'
import { isStopped } from '../../control/is-stopped.js'
import { escapedText } from '../../control/protocol.js'
import { runFolder } from '../../control/run-folder.js'
import type { Run } from '../../control/run-lock.js'
import { isQanatError } from '../../core/api/errors.js'
import { EXIT_FAILED, EXIT_OK } from '../output/exit-codes.js'
import { print, remark, screenWidth, show } from '../output/output.js'
import { askRun } from '../run/ask-run.js'
import { findRuns, meant, noneOf, pathsOf } from '../run/find-runs.js'
import { withFormerNames } from '../status/former-names.js'
import { type LeftTunnel, leftTunnels } from '../status/left-tunnels.js'
import { readStatus } from '../status/read-status.js'
import { leftReportOf, type RunStatus, reportOf, silentReportOf } from '../status/report.js'
import type { SilentRun } from '../status/silent-run.js'

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

/** What there is to tell. */
interface Seen {
  readonly tunnels: readonly RunStatus[]
  readonly silent: readonly SilentRun[]
  readonly left: readonly LeftTunnel[]
}

/**
 * Reports the tunnels that run and what others left: of a file, with a name, or of all; with `watch` again and again, until
 * a signal.
 *
 * @returns EXIT_FAILED if something stands on this host of a tunnel that does not run.
 */
export async function status(wanted: string | undefined, options: StatusOptions): Promise<number> {
  for (;;) {
    const seen = await look(wanted)
    if (options.json === true) {
      const text = { version: JSON_VERSION, ...seen, tunnels: seen.tunnels.map(forScripts) }
      print(`${options.watch === true ? JSON.stringify(text) : JSON.stringify(text, null, 2)}\n`)
    } else {
      const clear = options.watch === true && process.stdout.isTTY ? CLEAR : ''
      show(`${clear}${reportsOf(seen).join('\n\n') || NONE}\n`)
    }
    if (options.watch !== true) return seen.left.some(({ here }) => here) ? EXIT_FAILED : EXIT_OK
    await pause(INTERVAL)
  }
}

function reportsOf({ left, silent, tunnels }: Seen): string[] {
  const running = tunnels.map((one) => reportOf(one, Date.now(), screenWidth()).join('\n'))
  return [...running, ...silent.map(silentReportOf), ...left.map((one) => leftReportOf(one).join('\n'))]
}

/** A tunnel's status as JSON has it. */
function forScripts(status: RunStatus): RunStatus {
  const peers = status.peers.map((peer) => ({ ...peer, drops: withFormerNames(peer.drops) }))
  return { ...status, drops: withFormerNames(status.drops), peers }
}

async function look(wanted: string | undefined): Promise<Seen> {
  const runs = findRuns(wanted)
  const left = leftOf(wanted)
  if (wanted !== undefined && runs.length + left.length === 0) throw noneOf(wanted)
  const asked = (await Promise.all(runs.map((run) => askUnlessGone(run, wanted)))).filter(
    (known) => known !== undefined,
  )
  return {
    tunnels: asked.filter((known) => 'peers' in known),
    silent: asked.filter((known): known is SilentRun => !('peers' in known)),
    left,
  }
}

function leftOf(wanted: string | undefined): LeftTunnel[] {
  const folder = runFolder(process.env)
  if (wanted === undefined) return leftTunnels(folder)
  return meant(wanted, leftTunnels(folder, pathsOf(wanted)))
}

/** Of several tunnels one may end, or still start, while it is asked, or belong to somebody who answers nonsense. */
async function askUnlessGone(
  run: Run,
  wanted: string | undefined,
): Promise<RunStatus | SilentRun | undefined> {
  try {
    return readStatus(await askRun(run, run.file, 'status'), run)
  } catch (thrown) {
    if (wanted !== undefined || !isQanatError(thrown)) throw thrown
    const { file, pid } = run
    if (isStopped(pid)) return { file: escapedText(file), pid, state: 'stopped' }
    if (thrown.code === 'ERR_STARTING') return { file: escapedText(file), pid, state: 'starting' }
    if (thrown.code !== 'ERR_NOT_RUNNING') remark(thrown.message)
    return undefined
  }
}
