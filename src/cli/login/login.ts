import { type LoginEnd, loginEnd } from '../../app/login/login-end.js'
import { Conversation, notRunning } from '../../control/client.js'
import { controlError } from '../../control/protocol.js'
import type { Run } from '../../control/run-lock.js'
import { ConfigError } from '../../core/api/errors.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { LOGIN_BROWSER, LOGIN_PORTS, LOGIN_TIME } from '../../core/settings/login.js'
import { systemClock } from '../../core/time/system-clock.js'
import { browserEnvironment, browserPath, browserUser } from '../../host/login/browser.js'
import { secondsOf } from '../options/seconds.js'
import { EXIT_FAILED, EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { findRun, findRuns, knownTunnelFile, nameOf } from '../run/find-runs.js'
import { readTunnelFile } from '../run/tunnel-file.js'
import { addressOf, innerAddressesIn, type Page, pageIn, readLeave } from './login-answers.js'
import { openLogin } from './open-login.js'

/** The options of `login`. */
export interface LoginOptions {
  readonly url?: string
  readonly dns?: string
  /** Seconds. */
  readonly time?: string
}

/** Signals after which all of it goes. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Opens a browser for the login page of a network, beside a tunnel that lets nothing past it, and waits for the end of that.
 *
 * @returns EXIT_OK once the page is gone, the user closed the browser, or by a signal.
 */
export async function login(name: string | undefined, options: LoginOptions): Promise<number> {
  const user = browserUser(process.env)
  const seconds =
    options.time === undefined ? LOGIN_TIME.default : secondsOf('--time', options.time, LOGIN_TIME.max)
  const asked = options.url === undefined ? undefined : webAddress(options.url, '--url')
  const dns = options.dns === undefined ? undefined : nameServer(options.dns)
  const { path, run } = runOf(name)
  const { interface: own } = readTunnelFile(path).model
  if (own.login !== true) throw notAllowed(path)
  const browser = browserPath(own.loginBrowser ?? LOGIN_BROWSER)
  const stopped = new AbortController()
  for (const signal of SIGNALS) process.once(signal, () => stopped.abort())
  const tunnel = new Conversation(run.socket, path)
  try {
    let status = await tunnel.ask('status')
    const page = pageIn(status)
    const address = asked ?? pageAddress(page, path)
    const leave = readLeave(await tunnel.ask('login', seconds), path)
    const opened = await openLogin({
      ...{ seconds, user },
      leave: dns === undefined ? leave : { ...leave, servers: [dns] },
      browser: [browser, address.href],
      environment: browserEnvironment(user, process.env),
      inner: () => innerAddressesIn(status),
    })
    try {
      tell(path, address, user.name, seconds)
      const end = await loginEnd({
        ...{ clock: systemClock, seconds, isThere: page !== undefined, stopped: stopped.signal },
        ...{ browser: opened.browser, tunnel: tunnel.ended },
        look: async () => {
          status = await tunnel.ask('status')
          return pageIn(status) !== undefined
        },
      })
      return codeOf(end)
    } finally {
      await opened.close()
    }
  } finally {
    tunnel.close()
  }
}

/** The tunnel of a file, or the only one that runs. */
function runOf(name: string | undefined): { readonly path: string; readonly run: Run } {
  if (name !== undefined) {
    const path = knownTunnelFile(name)
    return { path, run: findRun(path) }
  }
  const runs = findRuns()
  const [run] = runs
  if (run === undefined) throw notRunning('any file')
  if (runs.length > 1) {
    const names = runs.map(({ file }) => nameOf(file)).join(', ')
    throw new ConfigError(`Cannot choose a tunnel: ${runs.length} run; name one of ${names}`, {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  return { path: run.file, run }
}

function tell(path: string, { href, port, protocol }: URL, user: string, seconds: number): void {
  const closes = `when that is closed, when the page is gone, and after ${seconds} s at the latest`
  print(`${nameOf(path)}: a browser of ${user} opens ${href}; it ends ${closes}\n`)
  const at = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  if (!LOGIN_PORTS.some((open) => open === at))
    remark(`the page is at port ${at}, which stays closed: only ${LOGIN_PORTS.join(' and ')} are reached`)
}

function codeOf(end: LoginEnd): number {
  switch (end.by) {
    case 'page':
      print('the login page is gone: the tunnel is free to connect\n')
      return EXIT_OK
    case 'signal':
      return EXIT_OK
    case 'time':
      remark("the time is up, and the login page is still in the way; 'qanat login' opens it again")
      return EXIT_FAILED
    case 'browser':
      if (end.code === 0) return EXIT_OK
      remark(`the browser failed${end.code === undefined ? '' : ` with exit code ${end.code}`}`)
      return EXIT_FAILED
    case 'tunnel':
      throw end.why
  }
}

function pageAddress(page: Page | undefined, path: string): URL {
  if (page !== undefined) return webAddress(addressOf(page), 'the login page')
  throw controlError(
    `Cannot open a login beside the tunnel of ${path}: it met no login page; '--url http://…' opens that one all the same`,
  )
}

/** @throws ConfigError if it is not the address of a web page. */
function webAddress(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new ConfigError(
    `Cannot use ${what}: '${text}' is no address of a web page, such as http://example.org`,
    {
      code: 'ERR_CONFIG_VALUE',
    },
  )
}

function nameServer(text: string): string {
  if (parseIpAddress(text) !== undefined) return text
  throw new ConfigError(`Cannot use --dns: '${text}' is no IP address`, { code: 'ERR_CONFIG_VALUE' })
}

function notAllowed(path: string): ConfigError {
  return new ConfigError(
    `Cannot open a login beside the tunnel of ${path}: it opens a way past the tunnel, and the file does not allow that; add 'login = true' to its [interface]`,
    { code: 'ERR_CONFIG_VALUE' },
  )
}
