import { Option } from 'commander'
import { LOG_FORMATS } from '../../core/api/logger.js'

/** `--log-format`; `without` is what counts if it is not given. */
export function logFormatOption(without: string): Option {
  return new Option('--log-format <format>', `format of log lines (default: ${without})`).choices(LOG_FORMATS)
}
