import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { DialWait } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import type { PacPlace } from '../../core/proxy/pac-place.js'
import type { ProxyServer } from '../../core/proxy/proxy-url.js'
import { failure, reason } from '../../core/reasons/reason.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import { Remembered } from '../../core/time/remembered.js'
import { Turns } from '../../core/time/turns.js'
import { plainAddress } from '../front-ends/plain-address.js'
import { endpointPort } from '../net/endpoint-port.js'
import { printable } from '../net/printable.js'
import { inTurn } from '../net/within.js'
import { Failover } from './failover.js'
import { type FetchedPac, fetchPac, type OpenTo } from './fetch-pac.js'
import { readPacAnswer } from './pac-answer.js'
import { type PacRunner, runPac } from './run-pac.js'

/** A way to an endpoint: by a proxy, or directly. */
export type PacWay = ProxyServer | undefined

/** Answers are kept until somebody forgets them. A configuration hardly has as many endpoints. */
const KEPT = { kept: Number.POSITIVE_INFINITY, most: 256 }
/** Schemes that browsers tell scripts for what Qanat dials with TLS, or by CONNECT. */
const PLAIN: ReadonlySet<string> = new Set(['ws:', 'http:'])
const NO_ADDRESS = '127.0.0.1'

/** A PAC file in use: its script, and what it answered, until somebody forgets them. */
export class PacFile {
  readonly #place: PacPlace
  readonly #runner: PacRunner
  readonly #failover: Failover
  /** The text of one that is not fetched. */
  readonly #text: string
  #fetched: FetchedPac | undefined
  readonly #answers: Remembered<readonly PacWay[]>
  /** By endpoint the way that was tried last. */
  readonly #tried: Remembered<{ readonly way: PacWay }>
  /** Whether what is found out still counts. */
  #age = {}
  /** One thread at a time runs the script, however many endpoints there are. */
  readonly #turns = new Turns()

  constructor(place: PacPlace, text: string, runner: PacRunner) {
    this.#place = place
    this.#text = text
    this.#runner = runner
    this.#failover = new Failover(runner.clock)
    this.#answers = new Remembered(runner.clock, KEPT)
    this.#tried = new Remembered(runner.clock, KEPT)
  }

  /** Has the next dial fetch the file and ask its script again: the network is another one, or somebody reloads. */
  forget(): void {
    this.#age = {}
    this.#fetched = undefined
    this.#answers.clear()
    this.#failover.forget()
  }

  /** The way that an endpoint was tried by last: a proxy, or undefined for directly; nothing if it was not tried yet. */
  tried(endpoint: URL): { readonly way: PacWay } | undefined {
    return this.#tried.get(questionOf(endpoint))
  }

  /**
   * What comes of the first way that works.
   *
   * @param openTo Opens what the file is fetched by.
   * @throws Failure that says why there is none, or what the signal of `wait` is aborted with.
   */
  async first<Value>(
    endpoint: URL,
    openTo: OpenTo,
    wait: DialWait,
    open: (way: PacWay, wait: DialWait) => Promise<Value>,
  ): Promise<Value> {
    const key = questionOf(endpoint)
    const ways = this.#answers.get(key) ?? (await this.#ask(key, bareHost(endpoint.hostname), openTo, wait))
    const nameOf = (way: PacWay) => way?.shown ?? 'DIRECT'
    return this.#failover.first(ways, { nameOf, pac: this.#place.shown, wait }, (way, wait) => {
      this.#tried.note(key, { way })
      return open(way, wait)
    })
  }

  #ask(url: string, host: string, openTo: OpenTo, wait: DialWait): Promise<readonly PacWay[]> {
    const pac = this.#place.shown
    wait.step('proxy', STEP_LIMITS.proxy, reason('pac-silent', { pac }))
    return inTurn(this.#turns, wait.signal, async () => {
      const known = this.#answers.get(url)
      if (known !== undefined) return known
      const age = this.#age
      const { script, ownAddress } = await this.#script(openTo, wait.signal)
      wait.step('proxy', STEP_LIMITS.proxy, reason('pac-not-begun', { pac }))
      const question = { script, url, host, ownAddress: ipv4(ownAddress) ?? ownIpv4() ?? NO_ADDRESS }
      const answer = await runPac(question, pac, this.#runner, wait.signal)
      const ways = readPacAnswer(answer, this.#place)
      if (ways.length === 0) throw failure('pac-answer', { pac, answer: printable(answer) || 'nothing' })
      if (age === this.#age) this.#answers.note(url, ways)
      return ways
    })
  }

  async #script(openTo: OpenTo, signal: AbortSignal): Promise<FetchedPac> {
    const { url } = this.#place
    if (url === undefined) return { script: this.#text, ownAddress: undefined }
    if (this.#fetched !== undefined) return this.#fetched
    const age = this.#age
    const fetched = await fetchPac(url, this.#place, openTo, signal)
    if (age === this.#age) this.#fetched = fetched
    return fetched
  }
}

/** The endpoint as browsers tell it to scripts: without its path, which may be a secret. */
function questionOf(endpoint: URL): string {
  const scheme = PLAIN.has(endpoint.protocol) ? 'http' : 'https'
  return new URL(`${scheme}://${endpoint.hostname}:${endpointPort(endpoint)}/`).href
}

function ipv4(address: string | undefined): string | undefined {
  const plain = plainAddress(address)
  return isIPv4(plain) ? plain : undefined
}

/** The first address that is not loopback's: interfaces come in their order of being made, a tunnel's device last. */
function ownIpv4(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}
