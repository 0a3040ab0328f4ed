/** Where nft, tc, ip, freeradius and their like are, for an ordinary user as well. */
export const systemPath = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
