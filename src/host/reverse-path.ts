import { readdirSync } from 'node:fs'
import type { Journal } from './journal.js'
import { changeSetting, readSetting } from './kernel-setting.js'

const SETTINGS = '/proc/sys/net/ipv4/conf'
/** With it the kernel counts the mark when it checks by which way packets came. ip-sysctl */
const VALID_MARK = `${SETTINGS}/all/src_valid_mark`
/** The value of rp_filter that takes packets only by the way that leads back to their source. RFC 3704 */
const STRICT = '1'

/**
 * Has the kernel take answers to marked packets, which come by another way than unmarked ones would go back by. In a
 * container settings may be read-only: that is no harm where nobody checks.
 *
 * @throws HostError where an interface checks, and the setting cannot be changed.
 */
export function heedMarks(journal: Journal): void {
  try {
    changeSetting(VALID_MARK, '1', journal)
  } catch (thrown) {
    if (readdirSync(SETTINGS).some((name) => readSetting(`${SETTINGS}/${name}/rp_filter`) === STRICT))
      throw thrown
  }
}
