/** Who made the routes and rules of this program, as the kernel notes it (rtm_protocol); free in iproute2's table. */
export const OUR_PROTOCOL = 113
