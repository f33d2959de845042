// Walks an RPDE feed with OpenActive's validator; prints what it found as JSON.
const { RpdeValidator } = require("@openactive/rpde-validator");

RpdeValidator(process.argv[2], { pageLimit: 50, timeoutMs: 20000 }).then((log) => {
  const pages = log.pages.map((page) => ({
    url: page.url,
    errors: page.errors.map((error) => ({ severity: error.severity, type: error.type, message: error.message })),
  }));
  console.log(JSON.stringify({ pages }));
});
