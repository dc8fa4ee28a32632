// CloudFront sends /api/recommendations on as it is; the API knows it as /recommendations.
function handler(event) {
  const request = event.request;
  request.uri = request.uri.replace(/^\/api(?=\/)/, "");
  return request;
}
