import type { IptablesChain } from './iptables-rules.js'

/** What iptables-save shows of a table, as far as it is a tunnel's. */
interface SavedTable {
  /** Lines of its chains and of what leads there. */
  readonly lines: string[]
  /** Lines that lead there, as they were added. */
  readonly jumps: string[]
  readonly chains: string[]
  /** Chains of the kernel in which rules of others come first. */
  readonly late: string[]
}

/** Rules that lead to the chains of any tunnel. */
const OF_TUNNELS = / -j qanat-\S+$/

/** What the output of iptables-save has of chains with such names, by table. */
export function savedRules(saved: string, own: RegExp): Map<string, SavedTable> {
  const tables = new Map<string, SavedTable>()
  let table: SavedTable = { lines: [], jumps: [], chains: [], late: [] }
  let others = new Set<string>()
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) {
      table = { lines: [], jumps: [], chains: [], late: [] }
      others = new Set()
      tables.set(line.slice(1), table)
      continue
    }
    const [, declared] = /^:(\S+)/.exec(line) ?? []
    const [, chain, to] = /^-A (\S+) .*?(?:-j (\S+))?$/.exec(line) ?? []
    const isOwn = (name: string | undefined) => name !== undefined && own.test(name)
    if (isOwn(declared)) table.chains.push(declared!)
    else if (isOwn(to)) {
      table.jumps.push(line)
      if (others.has(chain!)) table.late.push(chain!)
    } else if (chain !== undefined && !OF_TUNNELS.test(line)) others.add(chain)
    if (isOwn(declared) || isOwn(chain) || isOwn(to)) table.lines.push(line)
  }
  return tables
}

/** All of it as one text; empty if there is nothing. */
export function shownRules(saved: Map<string, SavedTable>): string {
  return [...saved]
    .flatMap(([name, { late, lines }]) =>
      [...lines, ...late.map((hook) => `${hook} is late`)].map((line) => `${name} ${line}`),
    )
    .sort()
    .join('\n')
}

/** The input of iptables-restore that puts chains in the place of what there is; empty if it has nothing to do. */
export function restoreScript(chains: readonly IptablesChain[], saved: Map<string, SavedTable>): string {
  const tables = [...new Set([...chains.map(({ table }) => table), ...saved.keys()])]
  return tables
    .map((table) => {
      const wanted = chains.filter((chain) => chain.table === table)
      const { chains: there = [], jumps = [] } = saved.get(table) ?? {}
      const spent = there.filter((name) => !wanted.some((chain) => chain.name === name))
      const lines = [
        ...wanted.map(({ name }) => `:${name} - [0:0]`), // makes it, or empties it
        ...jumps.map((line) => line.replace('-A', '-D')),
        ...spent.flatMap((name) => [`-F ${name}`, `-X ${name}`]),
        ...wanted.flatMap(({ name, rules }) => rules.map((rule) => `-A ${name} ${rule}`)),
        ...wanted.map(({ hook, name }) => `-I ${hook} -j ${name}`),
      ]
      return lines.length === 0 ? '' : [`*${table}`, ...lines, 'COMMIT', ''].join('\n')
    })
    .join('')
}
