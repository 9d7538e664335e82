import { Option } from 'commander'

/** The option of a command that `--no-rehearsal` sets to false. */
export interface RehearsalOption {
  readonly rehearsal: boolean
}

/** `--no-rehearsal`; without it the configuration decides. */
export function noRehearsalOption(): Option {
  return new Option('--no-rehearsal', 'run no made-up packets through the code before real ones come')
}
