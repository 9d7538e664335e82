import { Option } from 'commander'

/** What `--no-rehearsal` makes of a command's options. */
export interface RehearsalOption {
  readonly rehearsal: boolean
}

/** `--no-rehearsal`, which leaves it to the configuration if it is not given. */
export function noRehearsalOption(): Option {
  return new Option('--no-rehearsal', 'run no made-up packets through the code before real ones come')
}
