import { expect, it } from 'vitest'
import { QANAT } from '../../lab/lab.js'
import { Program } from '../../lab/program.js'

/** The first line of a command in the list of commands. */
const COMMAND = /^ {2}([a-z-]+) .*/gm

it('explains every command as it did', async () => {
  const own = await help()
  const [, list] = own.split('\nCommands:\n')
  const names = [...list!.split('\n\n')[0]!.matchAll(COMMAND)].map(([, name]) => name!)
  const pages = [own, ...(await Promise.all(names.map((name) => help(name))))]
  await expect(pages.join('\n')).toMatchFileSnapshot('../golden/help.txt')
})

/** What the program prints, to no terminal, if it is asked how to use it or a command of its own. */
async function help(...command: string[]): Promise<string> {
  const words = [...command, '--help']
  return `$ qanat ${words.join(' ')}\n${await new Program(process.execPath, [QANAT, ...words]).output()}`
}
