import type { LabHost } from '../../../lab/lab.js'

/** Programs by which a host filters packets. */
export const FILTERS = ['nft', 'iptables'] as const

/** A mount namespace without nft, whose iptables is the one that needs no nftables. */
export const WITHOUT_NFT = [
  'mount --bind /dev/null /usr/sbin/nft',
  'mount --bind /usr/sbin/xtables-legacy-multi /usr/sbin/xtables-nft-multi',
].join('\n')

/** Has a host filter packets by one of them alone, until it is cleared. */
export async function filterBy(host: LabHost, filter: (typeof FILTERS)[number]): Promise<void> {
  if (filter === 'iptables') await host.remount(WITHOUT_NFT)
}
