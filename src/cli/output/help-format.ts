import { type Command, Help } from 'commander'

/** Says nothing of an empty list as the default of an option that may be repeated. For commands added afterwards, too. */
export function formatHelp(program: Command): void {
  program.configureHelp({
    optionDescription(option) {
      return Help.prototype.optionDescription.call(this, option).replace(' (default: [])', '')
    },
  })
}
