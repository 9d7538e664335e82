import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Program } from '../../../lab/program.js'
import { eventually } from '../eventually.js'
import { type Block, type Command, commandsOf, fileOf, isForShell, isRunHere } from './blocks.js'
import { isLike } from './likeness.js'
import { PageLab } from './page-lab.js'

/** What a page takes for granted. */
export interface PageSetup {
  /** The hosts on which its commands are typed, each with its further names; what says nothing is typed on the first. */
  readonly hosts: Readonly<Record<string, readonly string[]>>
  /** The folder in which commands are typed; /root/vpn unless it says another one. */
  readonly cwd?: string
  /** What stands for something in the page, by its text. */
  readonly stands?: Readonly<Record<string, string>>
  /** Variables of the hosts' shells. */
  readonly environment?: Readonly<Record<string, string>>
  /** What comes with some commands, in the order of the page. */
  readonly steps?: readonly Step[]
  /** Makes what the page takes to be there. */
  readonly begin?: (lab: PageLab) => Promise<unknown>
}

export interface Step {
  /** How the command begins. */
  readonly at: string
  /** Makes what the page takes to be there when it is typed. */
  readonly before?: (lab: PageLab) => Promise<unknown>
  /** Whether what stays in the foreground is interrupted first, on all hosts. */
  readonly interrupts?: boolean
  /** What is typed when it asks on a terminal. */
  readonly answers?: readonly string[]
  /** Finds out whether it did what the page says. */
  readonly after?: (lab: PageLab) => Promise<unknown>
}

/** What a command wrote. */
interface Seen {
  readonly code: number | null
  readonly said: string[]
}

/** Types answers at a terminal. */
const TYPE_ANSWERS = join(import.meta.dirname, 'type-answers.py')
/** A tunnel that stays in the foreground. */
const STAYS = /^(?:sudo )?qanat (?:up (?!.*--detach)|-(?!-help|-version))/
/** What only looks, so that it can be typed again until it shows what it is to. */
const LOOKS =
  /^(?:sudo )?(?:ip netns exec \S+ )?(?:qanat (?:status|clients)|ping|curl|wg show|ip (?:rule|route show))\b/

/** Types the commands of a page, one after another, on hosts of their own. */
export async function runPage(blocks: readonly Block[], setup: PageSetup, prefix: string): Promise<void> {
  const lab = new PageLab(setup.hosts, prefix, setup)
  const typist = new Typist(lab, setup)
  try {
    await lab.begin()
    await setup.begin?.(lab)
    for (const block of blocks) await typist.take(block)
    typist.end()
  } finally {
    lab.remove()
  }
}

/** Somebody who has a page and a terminal of each host. */
class Typist {
  readonly #lab: PageLab
  readonly #setup: PageSetup
  readonly #steps: Step[]
  /** The tunnels in the foreground, by their hosts. */
  readonly #staying = new Map<string, Program>()

  constructor(lab: PageLab, setup: PageSetup) {
    this.#lab = lab
    this.#setup = setup
    this.#steps = [...(setup.steps ?? [])]
  }

  /** Writes the file that a block is, or types its commands. */
  async take(block: Block): Promise<void> {
    const file = fileOf(block)
    if (file !== undefined) this.#lab.write(file, this.#standing(block.text))
    if (!isForShell(block) || !isRunHere(block)) return
    for (const command of commandsOf(block)) {
      try {
        await this.#run(command)
      } catch (thrown) {
        const why = thrown instanceof Error ? thrown.message : thrown
        throw new Error(`${block.page}:${command.line}: ${command.words}\n${why}`)
      }
    }
  }

  /** @throws Error if there is no command for what was to come with one. */
  end(): void {
    const [left] = this.#steps
    if (left !== undefined) throw new Error(`No further command begins with '${left.at}'`)
  }

  async #run({ words, host = Object.keys(this.#setup.hosts)[0]!, shown }: Command): Promise<void> {
    const step = words.startsWith(this.#steps[0]?.at ?? '\n') ? this.#steps.shift() : undefined
    if (step?.interrupts) for (const name of this.#staying.keys()) await this.#interrupt(name)
    await step?.before?.(this.#lab)
    const typed = answered(this.#standing(words), step?.answers)
    const wanted = shown?.map((line) => this.#standing(line))
    if (STAYS.test(words)) await this.#stay(host, typed, words.includes(' | '))
    else if (LOOKS.test(words)) {
      await eventually(
        'it shows what the page does',
        () => this.#see(host, typed),
        (seen) => isRight(seen, wanted),
      )
    } else {
      const seen = await this.#see(host, typed)
      if (!isRight(seen, wanted)) throw new Error(`It ended with code ${seen.code}:\n${seen.said.join('\n')}`)
    }
    await step?.after?.(this.#lab)
  }

  /** Types a tunnel that stays in the foreground, once what stays there was interrupted. */
  async #stay(host: string, typed: string, isPiped: boolean): Promise<void> {
    await this.#interrupt(host)
    const program = this.#lab.type(host, `exec ${typed.replace(/^sudo /, '')}`)
    this.#staying.set(host, program)
    if (isPiped) await program.line('', 'stdout')
    else {
      await program.line('TUN device is up')
      await Promise.any(['listening', 'peer is reached', 'does not answer'].map((text) => program.line(text)))
    }
  }

  async #interrupt(host: string): Promise<void> {
    const program = this.#staying.get(host)
    this.#staying.delete(host)
    program?.kill('SIGINT')
    await program?.ending()
  }

  /** Types a command that ends, and tells what it wrote: with `2>&1`, as on a terminal. */
  async #see(host: string, typed: string): Promise<Seen> {
    const program = this.#lab.type(host, `{ ${typed}\n} 2>&1`)
    const { code } = await program.ending()
    return { code, said: program.stdout.map(stripVTControlCharacters) }
  }

  #standing(text: string): string {
    return Object.entries(this.#setup.stands ?? {}).reduce(
      (left, [what, by]) => left.replaceAll(what, by),
      text,
    )
  }
}

/** Whether a command did what the page shows; one that failed did so if the page shows what it says then. */
function isRight({ code, said }: Seen, wanted: readonly string[] | undefined): boolean {
  if (wanted === undefined) return code === 0
  return isLike(wanted, said) && (code === 0 || wanted.some((line) => line !== '…' && line !== ''))
}

/** The command with what is typed at its questions, by a terminal of its own. */
function answered(words: string, answers: readonly string[] | undefined): string {
  if (answers === undefined) return words
  const args = [words, ...answers].map((text) => `'${text.replaceAll("'", `'\\''`)}'`)
  return `python3 '${TYPE_ANSWERS}' ${args.join(' ')}`
}
