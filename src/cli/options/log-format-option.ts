import { Option } from 'commander'
import { LOG_FORMATS } from '../../core/api/logger.js'

/** `--log-format`, and what it is without. */
export function logFormatOption(without: string): Option {
  return new Option('--log-format <format>', `how log lines look (default: ${without})`).choices(LOG_FORMATS)
}
