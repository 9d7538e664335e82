import { setTimeout as pause } from 'node:timers/promises'
import { isStopped } from '../../control/is-stopped.js'
import { escapedText } from '../../control/protocol.js'
import type { Run } from '../../control/run-lock.js'
import { asError, isQanatError } from '../../core/api/errors.js'
import { systemClock } from '../../core/time/system-clock.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark, show } from '../output/output.js'
import { askRun } from '../run/ask-run.js'
import { findRuns, noneOf } from '../run/find-runs.js'
import { readStatus } from '../status/read-status.js'
import { changeText } from './change-text.js'
import { NoticeLimit } from './notice-limit.js'
import type { Notice, Notify } from './notifier.js'
import { type Change, type SeenTunnel, TunnelWatch } from './tunnel-watch.js'

/** The options of `watch`. */
export interface WatchOptions {
  readonly json?: boolean
  readonly notify?: boolean
}

/** Milliseconds between looks. */
const INTERVAL = 1_000
/** Changes where what is printed as JSON no longer means what it did; further keys may come at any time. */
const JSON_VERSION = 1
/** Titles of notices. They name no tunnel and no peer, since others may have chosen those names. */
const TITLES: Readonly<Record<Change['kind'], string>> = {
  connected: 'VPN connected',
  moved: 'VPN takes another way',
  lost: 'VPN lost',
  unreached: 'VPN not connected',
  portal: 'VPN waits for a login',
  ended: 'VPN ended',
}

/**
 * Tells what changes of the tunnels that run: a line each, with `notify` on the desktop as well. Ends with the tunnels that
 * are `wanted`, or by a signal.
 *
 * @throws QanatError ERR_NOT_RUNNING if none of those runs, or ERR_CONTROL if nothing can be shown on a desktop.
 */
export async function watch(wanted: string | undefined, options: WatchOptions): Promise<number> {
  const notify = options.notify === true ? await notifier() : undefined
  const watched = new TunnelWatch()
  for (let isFirst = true; ; isFirst = false) {
    const runs = findRuns(wanted)
    if (isFirst && wanted !== undefined && runs.length === 0) throw noneOf(wanted)
    const seen = await Promise.all(runs.map(seenOf))
    const changes = watched.look(
      seen.filter((one) => one !== undefined),
      performance.now(),
    )
    for (const change of changes) tell(change, options.json === true)
    await notify?.(changes)
    if (wanted !== undefined && runs.length === 0) return EXIT_OK
    await pause(INTERVAL)
  }
}

/** Undefined if it ended meanwhile. */
async function seenOf(run: Run): Promise<SeenTunnel | undefined> {
  const { pid } = run
  const file = escapedText(run.file)
  try {
    return { file, pid, status: readStatus(await lookAt(run, file), run) }
  } catch (thrown) {
    if (!isQanatError(thrown)) throw thrown
    return thrown.code === 'ERR_NOT_RUNNING' ? undefined : { file, pid, status: undefined }
  }
}

/** Looks at a tunnel; an older one, which knows no `look`, is asked for its status. */
async function lookAt(run: Run, file: string): Promise<unknown> {
  const parts = { clock: systemClock, tell: () => {} }
  try {
    return await askRun(run, file, 'look', parts)
  } catch (thrown) {
    if (!isQanatError(thrown) || thrown.code !== 'ERR_CONTROL' || isStopped(run.pid)) throw thrown
    return askRun(run, file, 'status', parts)
  }
}

function tell(change: Change, asJson: boolean): void {
  const time = new Date()
  if (asJson) {
    const { kind, ...rest } = change
    print(`${JSON.stringify({ version: JSON_VERSION, time: time.toISOString(), event: kind, ...rest })}\n`)
  } else show(`${time.toTimeString().slice(0, 8)} ${changeText(change)}\n`)
}

/** Shows what happened on the desktop, a few notices in a minute. One that cannot be shown is told of once. */
async function notifier(): Promise<(changes: readonly Change[]) => Promise<void>> {
  const { findNotifier } = await import('./notifier.js')
  const notify = findNotifier()
  const limit = new NoticeLimit()
  let failed = false
  return async (changes) => {
    const now = performance.now()
    const notices: Notice[] = changes.filter((change) => limit.admits(change, now)).map(noticeOf)
    const more = limit.summary(now)
    if (more > 0) notices.push({ title: 'VPN', body: `${more} more changes; "qanat status" shows how it is` })
    for (const notice of notices) {
      const why = await whyNotShown(notify, notice)
      if (why !== undefined && !failed) remark(`cannot notify: ${why}`)
      failed = why !== undefined
    }
  }
}

async function whyNotShown(notify: Notify, notice: Notice): Promise<string | undefined> {
  try {
    await notify(notice)
    return undefined
  } catch (thrown) {
    return escapedText(asError(thrown).message.trim())
  }
}

function noticeOf(change: Change): Notice {
  const { kind, remedy } = change
  return { title: TITLES[kind], body: [changeText(change), ...(remedy === null ? [] : [remedy])].join('\n') }
}
