import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import type { HostSettings } from '../../core/settings/host-settings.js'
import type { Lan } from '../routing/connected-lan.js'

/** Programs whose packets pass beside the tunnel. */
export type ChildMatch =
  /** Those in a group of cgroup v2, by its path from the root, which is mounted at that folder of /sys/fs/cgroup. */
  | { readonly cgroup: string; readonly mount: string }
  /** Those of a user, by its number. */
  | { readonly user: number }

/** What the packet filter of a tunnel depends on. */
export interface FirewallSettings extends Pick<HostSettings, 'fullTunnel' | 'killSwitch' | 'nat'> {
  readonly device: string
  /** The inner addresses of this end. */
  readonly addresses: readonly string[]
  /** The mark of the carrier's packets; 0 for none. */
  readonly mark: number
  /** What stays outside the tunnel; a kill switch lets it pass. */
  readonly excluded: readonly IpPrefix[]
  /** Networks that a kill switch lets pass. */
  readonly lan: Lan
  /** Whether something else than a full tunnel leads packets into it past those that carry it. */
  readonly isLed: boolean
  /** The mark of connections that others begin beside the tunnel, whose answers leave the way they came; 0 or absent for none. */
  readonly inboundMark?: number | undefined
  /** Programs that pass beside the tunnel with the carrier's mark; none if absent. */
  readonly children?: ChildMatch | undefined
  /** The port of the loopback at which they get their answers about names; that of whom they ask if absent. */
  readonly childNames?: number | undefined
}

/** A way to have the kernel filter packets. */
export interface FilterWay {
  /** What it makes, as the log calls it. */
  readonly what: string
  /** Puts the rules for these settings in the place of all that it made before. */
  add(settings: FirewallSettings): Promise<void>
  /** What there is of it, without counters; empty if it is gone. */
  show(): Promise<string>
}
