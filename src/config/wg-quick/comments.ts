/**
 * Where a comment begins in a line of name servers: not at the name of a server's certificate, which stands right behind an
 * address and has a dot.
 */
const COMMENT_OF_DNS =
  /(?:(?<![\s,=][\dA-Fa-f:.]{2,45}(?:%[\w.-]{1,15})?)#|#(?![\w-]+(?:\.[\w-]+)+(?:[\s,#]|$))).*/

/** A line less the comment in it. */
export function withoutComment(line: string): string {
  return line.replace(/^\s*DNS\s*=/i.test(line) ? COMMENT_OF_DNS : /#.*/, '')
}
