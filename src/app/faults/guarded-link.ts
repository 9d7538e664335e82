import type { PluginFault } from '../../core/api/errors.js'
import type { Link, LinkHandlers } from '../../core/api/transport.js'
import { withoutMapping } from '../../core/ip/source-address.js'
import type { Faults } from './faults.js'
import { inScope, type PluginScope } from './plugin-scope.js'

/** Where a link leads that never told: a URL all the same. */
const UNKNOWN = 'unknown:'

/** A plugin's link: what it throws closes it, and it ends in a bounded time. */
export class GuardedLink implements Link {
  readonly sendUnfragmented: Link['sendUnfragmented']
  readonly routeLimit: Link['routeLimit']
  readonly hasNarrowed: Link['hasNarrowed']
  readonly limit?: NonNullable<Link['limit']>
  /** Whether somebody dialled it, who tells of its end. */
  isDialled = false
  readonly #inner: Link
  readonly #faults: Faults
  readonly #handlers: LinkHandlers
  readonly #scope: PluginScope
  /** What it said last of where it leads. */
  #remote = UNKNOWN
  #isOver = false
  #closing: Promise<void> | undefined

  constructor(inner: Link, faults: Faults, handlers: LinkHandlers) {
    this.#inner = inner
    this.#faults = faults
    this.#handlers = handlers
    this.#scope = {
      threw: (thrown) => {
        this.fail('send', thrown)
        return undefined
      },
    }
    this.sendUnfragmented =
      inner.sendUnfragmented &&
      ((datagrams) => this.#ask('sendUnfragmented', () => inner.sendUnfragmented!(datagrams), false))
    this.routeLimit =
      inner.routeLimit && (() => this.#ask('routeLimit', () => inner.routeLimit!(), undefined))
    this.hasNarrowed =
      inner.hasNarrowed && (() => this.#ask('hasNarrowed', () => inner.hasNarrowed!(), false))
    if (inner.limit !== undefined)
      this.limit = (bytes) => this.#ask('limit', () => inner.limit!(bytes), undefined)
  }

  /** Whether it was closed, by whomever. */
  get isOver(): boolean {
    return this.#isOver
  }

  get remote(): string {
    return this.#ask('remote', () => this.#checked(this.#inner.remote), this.#remote, true)
  }

  /** As an IPv4 address has it, if it stands for one: cookies, limits and tools know a far end by these bytes. */
  get source(): Uint8Array {
    return this.#ask('source', () => withoutMapping(this.#inner.source), new Uint8Array(), true)
  }

  get maxDatagram(): number {
    return this.#ask('maxDatagram', () => this.#inner.maxDatagram, 0)
  }

  get maxIncoming(): number | undefined {
    return this.#ask('maxIncoming', () => this.#inner.maxIncoming, undefined)
  }

  get stream(): boolean {
    return this.#ask('stream', () => this.#inner.stream, true, true)
  }

  get writable(): boolean {
    return this.#ask('writable', () => this.#inner.writable, true)
  }

  get drops(): Link['drops'] {
    return this.#ask('drops', () => this.#inner.drops, {}, true)
  }

  get gso(): boolean {
    return this.#ask('gso', () => this.#inner.gso ?? true, true)
  }

  set gso(may: boolean) {
    this.#ask(
      'gso',
      () => {
        this.#inner.gso = may
      },
      undefined,
    )
  }

  send(datagrams: readonly Uint8Array[]): void {
    this.#ask('send', () => this.#sent(inScope(this.#scope, () => this.#inner.send(datagrams))), undefined)
  }

  authenticated(): void {
    this.#ask('authenticated', () => this.#inner.authenticated?.(), undefined)
  }

  close(): Promise<void> {
    this.#isOver = true
    this.#closing ??= this.#faults.end('close', () => this.#inner.close())
    return this.#closing
  }

  /** The link, or its remote, ended it. */
  ended(): void {
    this.#isOver = true
  }

  /** Closes it because of what it threw. Its user is told later: this may be in the midst of a call. */
  fail(operation: string, thrown: unknown): void {
    this.failBy(this.#faults.threw(operation, thrown, 'go on with a link of'))
  }

  failBy(fault: PluginFault): void {
    if (this.#isOver) return
    void this.close()
    if (!this.isDialled) this.#faults.warn(fault, 'the link is closed')
    queueMicrotask(() => this.#handlers.closed(this, fault))
  }

  /** Where it leads, which whoever asks may take for a URL. */
  #checked(remote: string): string {
    if (remote === this.#remote) return remote
    if (typeof remote !== 'string' || !URL.canParse(remote)) throw new TypeError('it is no text of a URL')
    this.#remote = remote
    return remote
  }

  /** A `send` that is asynchronous may fail later. */
  #sent(returned: unknown): void {
    if (returned instanceof Promise) returned.catch((thrown) => this.fail('send', thrown))
  }

  /** What it says, or something harmless once it is over or if it throws. */
  #ask<Value>(operation: string, ask: () => Value, otherwise: Value, evenIfOver = false): Value {
    if (this.#isOver && !evenIfOver) return otherwise
    try {
      return ask()
    } catch (thrown) {
      this.fail(operation, thrown)
      return otherwise
    }
  }
}
