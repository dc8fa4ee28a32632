// CloudFront sends /api/recommendations on as it is; the API knows it as /recommendations. To the API every
// visitor comes from CloudFront, so its firewall counts them by this header, which a visitor can't set.
function handler(event) {
  const request = event.request;
  request.uri = request.uri.replace(/^\/api(?=\/)/, "");
  request.headers["x-visitor-address"] = { value: event.viewer.ip };
  return request;
}
