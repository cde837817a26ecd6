// Stands in for ext:deno_net/02_tls.js, which deno_fetch loads for clients with certificates of their own; we have none.

(function () {
  const { primordials } = __bootstrap;
  const { TypeError } = primordials;
  return {
    loadTlsKeyPair() {
      throw new TypeError("client certificates are not supported");
    },
  };
})();
