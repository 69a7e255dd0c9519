package peers;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** What is known of one case: the steps that it took (one bit each), its grid, its unit and until when that has time. */
record Case(int steps, String grid, String unit, long dueMillis) {

    static final int DISCOVERED = 1, WHISTLED = 2, REPORTED = 4, DELIBERATED = 8, HANDLED = 16, RESOLVED = 32;
    static final int OVERDUE = 64, REPLIED = 128, RATED = 256, SATISFIED = 512;
    static final Case NEW = new Case(0, null, null, 0);
    static final Serde<Case> SERDE = Serdes.serdeFrom((topic, one) -> written(one), (topic, bytes) -> read(bytes));

    /** The case after one more event. */
    Case after(Event event) {
        Event.Data data = event.data();
        return switch (event.type()) {
            case "case.discovered" -> new Case(steps | DISCOVERED, data.place(), unit, dueMillis);
            case "case.whistled" -> new Case(
                    steps | WHISTLED, grid, data.units().get(0).unit(), millis(data.handleDue()));
            case "case.reported" -> with(REPORTED);
            case "case.deliberated" -> with(DELIBERATED);
            case "case.handled" -> with(HANDLED
                    | (data.resolved() ? RESOLVED : 0)
                    | (millis(event.time()) > dueMillis ? OVERDUE : 0));
            case "case.replied" -> with(REPLIED);
            case "case.rated" -> with(RATED | ("satisfied".equals(data.satisfaction()) ? SATISFIED : 0));
            default -> this;
        };
    }

    boolean has(int step) {
        return (steps & step) != 0;
    }

    private Case with(int more) {
        return new Case(steps | more, grid, unit, dueMillis);
    }

    private static long millis(String time) {
        return Instant.parse(time).toEpochMilli();
    }

    private static byte[] written(Case one) {
        if (one == null) {
            return null;
        }
        byte[] grid = bytes(one.grid), unit = bytes(one.unit);
        return ByteBuffer.allocate(14 + grid.length + unit.length)
                .putInt(one.steps)
                .putLong(one.dueMillis)
                .put((byte) grid.length)
                .put((byte) unit.length)
                .put(grid)
                .put(unit)
                .array();
    }

    private static Case read(byte[] bytes) {
        if (bytes == null) {
            return null;
        }
        int grid = bytes[12], unit = bytes[13];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new Case(buffer.getInt(0), text(bytes, 14, grid), text(bytes, 14 + grid, unit), buffer.getLong(4));
    }

    private static byte[] bytes(String text) {
        return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes, int at, int length) {
        return length == 0 ? null : new String(bytes, at, length, StandardCharsets.UTF_8);
    }
}
