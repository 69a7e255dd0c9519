import java.net.URI; import java.net.http.*; import java.util.Set;
class Publish { // Publishes one event: java -Dfile.encoding=UTF-8 Publish.java ID     (from Java 18 on without the -D)
    public static void main(String[] given) throws Exception {
        var event = """
            {"specversion": "1.0", "id": "%s", "source": "urn:example:snippets", "type": "case.closed",
             "subject": "case/20240511-0007", "time": "2024-05-11T09:30:00+08:00", "authid": "person/li-7f3a",
             "data": {"reason": "已解决"}}""".formatted(given[0]);
        var request = HttpRequest.newBuilder(URI.create(System.getenv("SHANZHI_GATEWAY") + "/events"))
            .header("Authorization", "Bearer " + System.getenv("SHANZHI_KEY")).timeout(java.time.Duration.ofSeconds(30))
            .header("Content-Type", "application/cloudevents+json").POST(HttpRequest.BodyPublishers.ofString(event)).build();
        for (int tries = 1; ; tries++) {
            var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
            if (tries == 10 || !Set.of(408, 429, 503).contains(answer.statusCode())) {
                System.out.println(answer.body()); System.exit(answer.statusCode() < 300 ? 0 : 1); }
            Thread.sleep(1000 * answer.headers().firstValueAsLong("Retry-After").orElse(2)); } } }
