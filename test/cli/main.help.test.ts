import { expect, it } from 'vitest'
import { QANAT } from '../../lab/lab.js'
import { Program } from '../../lab/program.js'

/** The first line of a command in the list of commands. */
const COMMAND = /^ {2}([a-z-]+) .*/gm

it('explains every command as it did', async () => {
  await expect((await pages()).join('\n')).toMatchFileSnapshot('../golden/help.txt')
})

/** The help of a command, or of the program, and behind it those of the commands within it. */
async function pages(...command: string[]): Promise<string[]> {
  const own = await help(...command)
  const list = own.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? ''
  const names = [...list.matchAll(COMMAND)].map(([, name]) => name!)
  return [own, ...(await Promise.all(names.map((name) => pages(...command, name)))).flat()]
}

/** What the program prints, to no terminal, if it is asked how to use it or a command of its own. */
async function help(...command: string[]): Promise<string> {
  const words = [...command, '--help']
  return `$ qanat ${words.join(' ')}\n${await new Program(process.execPath, [QANAT, ...words]).output()}`
}
