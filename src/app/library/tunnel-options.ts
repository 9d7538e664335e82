import type { Logger } from '../../core/api/logger.js'
import type { TunDriver } from '../../core/api/tun-device.js'
import type { GivenPlugin } from '../plugins/plugins.js'

/** What a program may say besides the configuration. */
export interface TunnelOptions {
  /** Plugins that the program loaded, beside those that the configuration names: plain objects, or modules of plugins. */
  readonly plugins?: readonly GivenPlugin[]
  /**
   * What opens the device in place of an interface of the host, such as that of `memoryDevice`. The host stays as it is,
   * whatever a peer pushes, so the configuration may say nothing of its routes, name servers, packet filter or hooks, nor may
   * it accept a peer's name servers.
   */
  readonly device?: TunDriver
  /** Closes the tunnel when it is aborted; `start` rejects with its reason then. */
  readonly signal?: AbortSignal
  /** Where log lines go; nowhere if absent. */
  readonly log?: Logger
  /** The folder that relative paths in the configuration begin at; the current one if absent. */
  readonly folder?: string
  /** A folder of the tunnel's own in which plugins keep what is to outlive it; they keep it in memory if absent. */
  readonly storage?: string
  /**
   * Keeps the process's main thread on its CPU while it carries few packets: shorter round trips, if carrying them is most
   * of what the process does. It lasts as long as the process, and needs koffi. False if absent.
   */
  readonly stayOnCpu?: boolean
}
