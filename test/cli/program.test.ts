import { describe, expect, it } from 'vitest'
import { commandsOf } from '../../src/cli/model/command-model.js'
import { createProgram } from '../../src/cli/program.js'

const all = createProgram(() => {})
const names = all.commands.map((command) => command.name())

/** The help of each command that is there, by its words. */
function helpOf(first?: string): Map<string, string> {
  const program = createProgram(() => {}, first)
  return new Map(
    commandsOf(program).map(({ name, command }) => {
      let help = ''
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      return [name, help]
    }),
  )
}

describe('the command line of one command', () => {
  const whole = helpOf()

  it.each([
    ['up', ['up']],
    ['status', ['status', 'watch', 'reload', 'down']],
    ['watch', ['status', 'watch', 'reload', 'down']],
    ['reload', ['status', 'watch', 'reload', 'down']],
    ['down', ['status', 'watch', 'reload', 'down']],
  ])('has no more than is added with it, each as it is among all: %s', (first, commands) => {
    const own = helpOf(first)
    expect([...own.keys()]).toEqual(commands)
    for (const [name, help] of own) expect(help).toBe(whole.get(name))
  })

  it('is that of all of them for what is asked for seldom, or no command', () => {
    for (const first of ['man', 'completion', '10.0.0.1', '--help', 'help', 'statsu', '']) {
      expect(createProgram(() => {}, first).commands.map((command) => command.name())).toEqual(names)
    }
  })
})
