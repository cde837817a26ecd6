const { hardwareConcurrency, userAgent } = navigator;
console.log(Number.isInteger(hardwareConcurrency) && hardwareConcurrency > 0, /^runtime-wasm\/\d/.test(userAgent), navigator instanceof Navigator);
try {
  new Navigator();
} catch (error) {
  console.log(error.name);
}
