import type { Command } from 'commander'
import { commandModels } from '../model/command-model.js'
import { bashCompletion } from './bash.js'
import { fishCompletion } from './fish.js'
import { zshCompletion } from './zsh.js'

/** The script by which a shell completes the program's commands and options, from their definitions. */
export function completionFor(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const models = commandModels(program)
  if (shell === 'bash') return bashCompletion(models)
  return shell === 'zsh' ? zshCompletion(models) : fishCompletion(models)
}
