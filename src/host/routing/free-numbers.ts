import type { RouteNetlink } from '../../native/netlink/route-netlink.js'
import { command } from '../programs/command.js'
import { type Change, FIRST_TABLE } from '../record/change.js'

/** A mark whose bits no known program uses: not kube-proxy's 0xc000, not Tailscale's 0xff0000. */
const FIRST_MARK = 0x2151
const USED_BITS = 0xc000 | 0xff0000
/** Marks below this one are looked at, greater ones if none of them is free. */
const GREATER_MARKS = 2 ** 24
/** Of so many bits at the most are those that a program gives a meaning; more are the complement of some. */
const MAX_MASK_BITS = 16

/** The number of a routing table that no route, no rule and no other tunnel of this program uses. */
export function freeTable(network: RouteNetlink, others: readonly Change[]): number {
  const used = new Set<number>()
  for (const family of [4, 6] as const) for (const { table } of network.rules(family)) used.add(table)
  for (const { table } of network.routes()) used.add(table)
  for (const change of others) if (change.kind === 'table') used.add(change.table)
  let table = FIRST_TABLE
  while (used.has(table)) table++
  return table
}

/** A mark that no routing rule, no packet filter and no other tunnel of this program gives a meaning. */
export async function freeMark(network: RouteNetlink, others: readonly Change[]): Promise<number> {
  const filters = await Promise.all([
    command('nft', ['-n', 'list', 'ruleset']).catch(() => ''),
    command('iptables-save', []).catch(() => ''),
    command('ip6tables-save', []).catch(() => ''),
  ])
  const rules = ([4, 6] as const).flatMap((family) => network.rules(family))
  const taken = new Set(rules.map(({ mark }) => mark))
  for (const change of others) if (change.kind === 'mark') taken.add(change.mark)
  const bits = rules.map(({ mask }) => meaning(mask)).concat(filters.flatMap(marksIn))
  return firstFree(
    taken,
    bits.reduce((all, mask) => all | mask, USED_BITS),
  )
}

/** The bits of marks and masks in rules of nftables or iptables. */
export function marksIn(rules: string): number[] {
  return rules
    .split('\n')
    .filter((line) => /mark/i.test(line))
    .flatMap((line) => line.match(/0x[0-9a-f]+/gi) ?? [])
    .map((text) => meaning(Number(text)))
}

function firstFree(taken: ReadonlySet<number>, bits: number): number {
  const isFree = (mark: number) => mark !== 0 && (mark & bits) === 0 && !taken.has(mark)
  for (let step = 0; step < GREATER_MARKS; step++) {
    const mark = (FIRST_MARK + step) % GREATER_MARKS
    if (isFree(mark)) return mark
  }
  for (let high = 1; high < 2 ** 8; high++) if (isFree(high * GREATER_MARKS)) return high * GREATER_MARKS
  let mark = FIRST_MARK // all bits have a meaning: then at least no other one's whole mark
  while (taken.has(mark)) mark++
  return mark
}

/** The bits that a mask gives a meaning to; one of all bits compares whole marks and gives none to single bits. */
function meaning(mask: number): number {
  const all = mask >>> 0
  if (all === 0xffffffff) return 0
  return bitsOf(all) <= MAX_MASK_BITS ? all : ~all >>> 0
}

function bitsOf(number: number): number {
  let bits = 0
  for (let rest = number; rest !== 0; rest = (rest & (rest - 1)) >>> 0) bits++
  return bits
}
