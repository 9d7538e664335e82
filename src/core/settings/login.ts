import type { NumberSetting } from './number-setting.js'

/** The browser of `qanat login` if a file names none: Debian's. */
export const LOGIN_BROWSER = 'chromium'

/** Seconds that a login has at the most: the page is read, and a code may come by text message. */
export const LOGIN_TIME: NumberSetting = { default: 600, min: 1, max: 3_600 }

/** TCP ports that are reached past the tunnel while a login is open: those of web pages. */
export const LOGIN_PORTS = [80, 443] as const
