package kpl;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/** For every line of stdin, "records bytes", puts so many records of so many bytes and answers seconds and CPU microseconds. */
public final class Bench {
    public static void main(String[] args) throws Exception {
        try (Kpl kpl = new Kpl(args[0], Integer.parseInt(args[1]), args[2]);
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            long total = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split(" ");
                int records = Integer.parseInt(fields[0]);
                byte[] data = new byte[Integer.parseInt(fields[1])];
                Arrays.fill(data, (byte) 7);
                Duration cpu = cpu();
                long startedAt = System.nanoTime();
                for (int n = 0; n < records; n++) {
                    kpl.put("customer-" + (n * 7919L) % 200, null, data.clone());
                    if (n % 1000 == 999) kpl.waitWhileMoreThan(20_000);
                }
                total += records;
                kpl.flush(total);
                double seconds = (System.nanoTime() - startedAt) / 1e9;
                System.out.println(seconds + " " + cpu().minus(cpu).toNanos() / 1000);
            }
        }
        System.exit(0);
    }

    /** Of this process and of the native one that does the sending. */
    private static Duration cpu() {
        Duration own = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
        return ProcessHandle.current().descendants()
                .map(each -> each.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(own, Duration::plus);
    }
}
