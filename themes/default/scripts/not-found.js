// Mail gateways write the # of a link as %23 or %2523, and the browser then asks the server for
// a path. The key in it goes back behind a # at once, out of reach of the next request.
// Only characters of the alphabet are taken over: the address cannot lead to another site.
const [, link] = location.pathname.match(/%(?:25)*23([1-9A-HJ-NP-Za-km-z]+)/) || [];
if (link) location.replace('/#' + link);
