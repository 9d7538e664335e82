import { existsSync } from 'node:fs'
import { command } from './command.js'
import type { Journal } from './journal.js'

type Family = 4 | 6

/** The number that wg-quick, too, begins with when it looks for a free routing table. */
const FIRST_TABLE = 51_820
/** Tables that are looked at. */
const MAX_TABLES = 1_000

/** A rule as `ip -json rule` shows it, as far as it is used. */
interface ShownRule {
  readonly priority: number
}

/** Whether the host has IPv6 at all. */
export function hasIpv6(): boolean {
  return existsSync('/proc/net/if_inet6')
}

/** The number of a routing table that nobody uses, which is a mark that nobody uses, too. */
export async function freeTable(): Promise<number> {
  const families: readonly Family[] = hasIpv6() ? [4, 6] : [4]
  const rules = await Promise.all(families.map((family) => command('ip', [`-${family}`, 'rule'])))
  const isUsed = async (table: number) => {
    if (new RegExp(`\\b(${table}|0x${table.toString(16)})\\b`).test(rules.join(''))) return true
    const routes = await Promise.all(families.map((family) => routesIn(family, table)))
    return routes.some((shown) => shown !== '')
  }
  for (let table = FIRST_TABLE; table < FIRST_TABLE + MAX_TABLES; table++) {
    if (!(await isUsed(table))) return table
  }
  return FIRST_TABLE
}

/** A table that was never used is an error to `ip`. */
function routesIn(family: Family, table: number): Promise<string> {
  return command('ip', [`-${family}`, 'route', 'show', 'table', String(table)]).catch(() => '')
}

/**
 * The rules by which a family's packets go into the tunnel, as wg-quick has them: what bears the mark, and what the
 * main table knows a way to other than its default route, goes as ever; all else by a table of its own.
 */
export class RoutingRules {
  readonly #family: Family
  readonly #mark: number
  readonly #journal: Journal
  /** The priority of the first rule; the others follow. */
  #first = 0

  constructor(family: Family, mark: number, journal: Journal) {
    this.#family = family
    this.#mark = mark
    this.#journal = journal
  }

  /** Leads the family into the tunnel. The route goes with the device. */
  async lead(device: string): Promise<void> {
    const table = String(this.#mark)
    await command('ip', [`-${this.#family}`, 'route', 'replace', 'default', 'dev', device, 'table', table])
    await this.#add(['table', table])
  }

  /** Leads the family nowhere: applications are told at once that there is no way. */
  block(): Promise<void> {
    return this.#add(['unreachable'])
  }

  /**
   * Has what the table leads nowhere go nowhere, so that nothing of the tunnel's takes another way once the device
   * is gone.
   */
  async closeBehind(): Promise<void> {
    const rule = this.#rule(2, ['not', 'fwmark', String(this.#mark), 'unreachable'])
    this.#journal.note({ kind: 'rule', family: this.#family, words: rule })
    await command('ip', [`-${this.#family}`, 'rule', 'add', ...rule])
  }

  async #add(action: readonly string[]): Promise<void> {
    this.#first = (await this.#firstOfOthers()) - 3
    const rules = [
      this.#rule(0, ['table', 'main', 'suppress_prefixlength', '0']),
      this.#rule(1, ['not', 'fwmark', String(this.#mark), ...action]),
    ]
    for (const words of rules) this.#journal.note({ kind: 'rule', family: this.#family, words })
    const batch = rules.map((words) => `rule add ${words.join(' ')}\n`).join('')
    await command('ip', [`-${this.#family}`, '-batch', '-'], batch)
  }

  #rule(place: number, words: readonly string[]): string[] {
    return ['priority', String(this.#first + place), ...words]
  }

  /** The priority of the first rule behind that of local addresses. */
  async #firstOfOthers(): Promise<number> {
    const shown = JSON.parse(await command('ip', ['-json', `-${this.#family}`, 'rule'])) as ShownRule[]
    const [, first] = shown.map(({ priority }) => priority).sort((one, other) => one - other)
    return Math.max(4, first ?? 32_766)
  }
}
